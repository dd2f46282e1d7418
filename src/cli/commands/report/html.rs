//! HTML in which no value is markup.

use crate::diag::printable;

/// A page in the making: markup is written by the program alone, values are escaped.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup of the program's own.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A value, inside of an element or of an attribute in double quotes; characters that reorder or
    /// hide others are spelled out.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        for c in printable(value).chars() {
            match c {
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '&' => self.0.push_str("&amp;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// JSON for a `script` element: nothing in it can end the element or begin a comment.
    pub(super) fn json(&mut self, json: &str) -> &mut Self {
        for c in json.chars() {
            match c {
                '<' => self.0.push_str("\\u003c"),
                '>' => self.0.push_str("\\u003e"),
                '&' => self.0.push_str("\\u0026"),
                '\u{2028}' => self.0.push_str("\\u2028"),
                '\u{2029}' => self.0.push_str("\\u2029"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_markup() {
        let mut html = Html::default();
        html.raw("<p title=\"").text("\"'<script>&\u{202e}").raw("\">");
        assert_eq!(html.finish(), "<p title=\"&quot;&#39;&lt;script&gt;&amp;\\u{202e}\">");
    }

    #[test]
    fn json_does_not_end_its_element() {
        let mut html = Html::default();
        html.json("\"</script><!--&\u{2028}\"");
        assert_eq!(html.finish(), "\"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\"");
    }
}
