//! The words of a dump.

/// What a statement is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// A word without quotes, or a number.
    Word(String),
    /// A name in quotes.
    Name(String),
    /// A text.
    Text(String),
    /// Anything else.
    Sign(char),
}

/// Parts a dump into statements.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    /// Whether backslashes in texts are escapes.
    escapes: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, escapes: false }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The tokens up to the next `;`, each with its line.
    pub(super) fn statement(&mut self) -> Result<Vec<(u32, Token)>, String> {
        let mut tokens = Vec::new();
        while let Some(c) = self.peek() {
            let line = self.line;
            match c {
                ';' => {
                    self.next();
                    break;
                }
                c if c.is_whitespace() => {
                    self.next();
                }
                '-' if self.text[self.at..].starts_with("--") => self.skip_line(),
                '#' => self.skip_line(),
                '/' if self.text[self.at..].starts_with("/*") => {
                    let end = self.text[self.at..]
                        .find("*/")
                        .map_or(self.text.len(), |it| self.at + it + 2);
                    while self.at < end {
                        self.next();
                    }
                }
                '\'' => tokens.push((line, Token::Text(self.quoted('\'')?))),
                '`' | '"' => {
                    // Names in backquotes are written by MariaDB and MySQL alone, whose texts have escapes.
                    self.escapes |= c == '`';
                    tokens.push((line, Token::Name(self.quoted(c)?)));
                }
                c if c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | '\\') => {
                    let start = self.at;
                    let word = |c: char| {
                        c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | '$' | '\\')
                    };
                    while self.peek().is_some_and(word) {
                        self.next();
                    }
                    tokens.push((line, Token::Word(self.text[start..self.at].to_owned())));
                }
                c => {
                    self.next();
                    tokens.push((line, Token::Sign(c)));
                }
            }
        }
        Ok(tokens)
    }

    /// A text or name in quotes.
    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let start = self.line;
        self.next();
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c == quote {
                if self.peek() != Some(quote) {
                    return Ok(text);
                }
                self.next();
                text.push(quote);
            } else if c == '\\' && self.escapes && quote == '\'' {
                match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('b') => text.push('\u{8}'),
                    Some('0') => text.push('\0'),
                    Some('Z') => text.push('\u{1a}'),
                    // Escapes of patterns stay. [MariaDB, "String Literals"]
                    Some(other @ ('%' | '_')) => text.extend(['\\', other]),
                    Some(other) => text.push(other),
                    None => {}
                }
            } else {
                text.push(c);
            }
        }
        Err(format!("line {start}: a quote is never closed"))
    }

    /// The rows behind `COPY … FROM stdin;`, up to `\.`.
    pub(super) fn copied(&mut self, rows: &mut Vec<(u32, Vec<Option<String>>)>) {
        self.skip_line();
        while self.at < self.text.len() {
            let (start, line) = (self.at, self.line);
            self.skip_line();
            let row = self.text[start..self.at].trim_end_matches(['\r', '\n']);
            if row == "\\." {
                return;
            }
            rows.push((line, row.split('\t').map(copied_cell).collect()));
        }
    }

    fn skip_line(&mut self) {
        while let Some(c) = self.next() {
            if c == '\n' {
                return;
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += u32::from(c == '\n');
        Some(c)
    }
}

/// One cell of `COPY`; `None` for NULL. [PostgreSQL COPY, "Text Format"]
fn copied_cell(cell: &str) -> Option<String> {
    if cell == "\\N" {
        return None;
    }
    let mut text = String::with_capacity(cell.len());
    let mut rest = cell.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('v') => text.push('\u{b}'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(dump: &str) -> Vec<String> {
        let tokens = Lexer::new(dump).statement().unwrap();
        let text = |token| if let Token::Text(text) = token { Some(text) } else { None };
        tokens.into_iter().filter_map(|(_, token)| text(token)).collect()
    }

    /// [MariaDB, "String Literals"; PostgreSQL, "String Constants"]
    #[test]
    fn backslashes_are_escapes_where_names_stand_in_backquotes() {
        assert_eq!(texts(r"INSERT INTO `a` VALUES ('a\\n\nb\'\Z\%')"), ["a\\n\nb'\u{1a}\\%"]);
        assert_eq!(texts(r"INSERT INTO a VALUES ('a\n', '`\n''')"), [r"a\n", r"`\n'"]);
    }

    /// [PostgreSQL COPY, "Text Format"]
    #[test]
    fn a_backslash_of_copy_is_read_with_what_stands_behind_it() {
        for (cell, text) in
            [(r"a\\nb", r"a\nb"), (r"a\nb\t", "a\nb\t"), (r"\.", "."), (r"\\N", r"\N")]
        {
            assert_eq!(copied_cell(cell).as_deref(), Some(text), "{cell}");
        }
        assert_eq!(copied_cell(r"\N"), None);
    }
}
