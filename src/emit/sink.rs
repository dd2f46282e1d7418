//! Where the text of an artifact goes.

/// Takes a text piece by piece.
pub trait Sink {
    /// Adds the next piece.
    fn add(&mut self, piece: &str);

    /// Writes over what was added, from the byte `at` on.
    fn overwrite(&mut self, at: usize, piece: &str);

    /// Whether a map needs the digest of its content there.
    fn is_sealed(&self) -> bool {
        true
    }
}

impl Sink for String {
    fn add(&mut self, piece: &str) {
        self.push_str(piece);
    }

    fn overwrite(&mut self, at: usize, piece: &str) {
        self.replace_range(at..at + piece.len(), piece);
    }
}

/// `None` takes a text that nobody wants: every entry of a map is checked while it is written.
impl<S: Sink> Sink for Option<S> {
    fn add(&mut self, piece: &str) {
        if let Some(sink) = self {
            sink.add(piece);
        }
    }

    fn overwrite(&mut self, at: usize, piece: &str) {
        if let Some(sink) = self {
            sink.overwrite(at, piece);
        }
    }

    fn is_sealed(&self) -> bool {
        self.as_ref().is_some_and(Sink::is_sealed)
    }
}

/// Takes a map that is only compared: nobody will ask whether it was edited, and the digest of a long
/// map takes as long as much of the rest.
#[derive(Debug)]
pub(super) struct Unsealed(pub(super) String);

impl Sink for Unsealed {
    fn add(&mut self, piece: &str) {
        self.0.add(piece);
    }

    fn overwrite(&mut self, at: usize, piece: &str) {
        self.0.overwrite(at, piece);
    }

    fn is_sealed(&self) -> bool {
        false
    }
}
