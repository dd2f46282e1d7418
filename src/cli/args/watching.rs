//! How the log is looked at after an apply or a rollback.

use crate::model::seconds;

/// An hour.
const LONGEST: u32 = 3600;

/// How the log is looked at after an apply or a rollback.
#[derive(clap::Args, Debug)]
pub struct Watching {
    /// Look at the mail log in the end, for so long at most, such as `30s`: whether Postfix says of what was
    /// just written that it cannot use it
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub watch_log: Option<u32>,
    /// Enough is seen when so many deliveries were logged
    #[arg(long, value_name = "NUMBER", default_value_t = 100, requires = "watch_log")]
    pub watch_deliveries: usize,
}

fn time(text: &str) -> Result<u32, String> {
    let read = seconds(text, LONGEST).filter(|seconds| *seconds > 0);
    read.ok_or_else(|| {
        "write a number and `s`, `m` or `h`, up to an hour, such as `30s`".to_owned()
    })
}
