//! Placeholder.
use crate::diag::Style;
use serde_json::Value;
/// A result that can be reported in every form.
pub trait Render {
    /// For people; lines of at most `style.width` where the content allows it.
    fn text(&self, style: &Style) -> String;
    /// An object.
    fn json(&self) -> Value;
    /// GitHub-flavoured Markdown in which no value is markup.
    fn markdown(&self) -> String;
}
