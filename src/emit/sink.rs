//! Where the text of an artifact goes.

/// Takes a text piece by piece.
pub trait Sink {
    /// Adds the next piece.
    fn add(&mut self, piece: &str);

    /// Writes over what was added, from the byte `at` on.
    fn overwrite(&mut self, at: usize, piece: &str);
}

impl Sink for String {
    fn add(&mut self, piece: &str) {
        self.push_str(piece);
    }

    fn overwrite(&mut self, at: usize, piece: &str) {
        self.replace_range(at..at + piece.len(), piece);
    }
}

/// Takes a text that nobody wants: every entry of a map is checked while it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nowhere;

impl Sink for Nowhere {
    fn add(&mut self, _piece: &str) {}

    fn overwrite(&mut self, _at: usize, _piece: &str) {}
}
