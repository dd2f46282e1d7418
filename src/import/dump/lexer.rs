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
    escapes: bool,
}

impl<'a> Lexer<'a> {
    /// A dump in whose texts backslashes are escapes, or not.
    pub(super) fn new(text: &'a str, escapes: bool) -> Self {
        Self { text, at: 0, line: 1, escapes }
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
                '`' | '"' => tokens.push((line, Token::Name(self.quoted(c)?))),
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
                    Some('0') => text.push('\0'),
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
            let cell = |text: &str| {
                (text != "\\N")
                    .then(|| text.replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\"))
            };
            rows.push((line, row.split('\t').map(cell).collect()));
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
