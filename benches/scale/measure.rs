//! What a command costs.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// The cost of one run of a command.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// User and system time, in milliseconds.
    pub(crate) cpu: f64,
    /// How long it took, in milliseconds.
    pub(crate) wall: f64,
    /// The peak of its resident memory, in MiB.
    pub(crate) memory: f64,
}

impl Cost {
    /// The cost of one after the other.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            wall: self.wall + other.wall,
            memory: self.memory.max(other.memory),
        }
    }

    /// The run in the middle by time, with the largest memory of all.
    pub(crate) fn middle(mut costs: Vec<Self>) -> Self {
        costs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
        let memory = costs.iter().map(|cost| cost.memory).fold(0.0, f64::max);
        Self { memory, ..costs[costs.len() / 2] }
    }
}

/// The word that makes this program measure the command behind it.
const FLAG: &str = "--measure";

/// Runs a bench, which is told whether it is only to be kept running, and says whether all limits are
/// kept; or the command that another run of this program wants to be measured.
pub(crate) fn bench(run: impl FnOnce(bool) -> bool) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, command @ ..] = &args[..]
        && first == FLAG
    {
        return measured(command);
    }
    let smoke = args.iter().any(|arg| arg == "--smoke");
    let kept = run(smoke);
    if smoke || kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a command in `folder` and measures it; its status must be among `good`.
///
/// Another run of this program does it, which has no other children: the system counts the time and
/// the memory of all children together.
pub(crate) fn measure(folder: &Path, good: &[i32], command: &[&str]) -> Cost {
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .arg(FLAG)
        .args(command)
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .expect("this program can be run again");
    let numbers = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<&str> = numbers.split_whitespace().collect();
    let [status, cpu, wall, memory] = numbers[..] else { panic!("{command:?} was not measured") };
    let is_good = status.parse().is_ok_and(|status| good.contains(&status));
    assert!(is_good, "{command:?} ended with {status}");
    let number = |text: &str| text.parse().expect("the other run prints numbers");
    Cost { cpu: number(cpu), wall: number(wall), memory: number(memory) }
}

#[expect(clippy::cast_precision_loss, reason = "nothing here runs for 2^52 microseconds")]
/// The other run: prints the status, the milliseconds of both kinds and the MiB of the command.
fn measured(command: &[String]) -> ExitCode {
    let [program, args @ ..] = command else { return ExitCode::FAILURE };
    let begun = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        // diff(1) does less for /dev/null.
        .stdout(File::create("stdout").expect("the folder can be written to"))
        .status()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let wall = begun.elapsed().as_secs_f64() * 1000.0;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1000.0;
    let memory = usage.max_rss() as f64 / 1024.0;
    println!("{} {cpu} {wall} {memory}", status.code().unwrap_or(-1));
    ExitCode::SUCCESS
}
