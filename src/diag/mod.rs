//! Messages: what is wrong, where, and what to write instead.

mod diagnostic;
mod fields;
mod nearest;
mod printable;
mod render;
mod shell_word;
mod thousands;
pub mod values;
mod wrap;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use fields::{Fields, unknown_key};
pub use nearest::nearest;
pub use printable::printable;
pub use render::{Style, render, render_short, summary};
pub use shell_word::shell_word;
pub use thousands::thousands;
pub use wrap::wrap;
pub use yaml::parse_yaml;
