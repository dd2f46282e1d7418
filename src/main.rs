//! The program: arguments and streams of the system for [`mxward::cli::run`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    let exit = mxward::cli::run(
        std::env::args_os(),
        &mxward::world::system::System::new(),
        &mut std::io::BufWriter::new(stdout.lock()),
        &mut stderr.lock(),
    );
    ExitCode::from(exit.code())
}
