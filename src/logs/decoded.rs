//! Compressed logs.

use std::io::{self, BufReader, Read};

/// The bytes of a log, uncompressed: gzip, also several members in a row, and zstd are told by their first
/// bytes. [RFC 1952 §2.2; RFC 8878 §3.1.1]
///
/// # Errors
///
/// `Unsupported` for bzip2 and xz; the error of the reader.
pub fn decoded<'a>(mut input: Box<dyn Read + 'a>) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = [0; 6];
    let mut length = 0;
    while length < start.len() {
        match input.read(&mut start[length..])? {
            0 => break,
            count => length += count,
        }
    }
    let whole = io::Cursor::new(start[..length].to_vec()).chain(input);
    let unsupported = |program: &str| {
        let message =
            format!("cannot be read: pipe what `{program} -dc` writes into `mxward logs -`");
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    };
    match start {
        [0x1f, 0x8b, ..] => Ok(Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(whole)))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Ok(Box::new(Frames::new(Box::new(BufReader::new(whole))))),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => unsupported("xz"),
        [b'B', b'Z', b'h', ..] => unsupported("bzip2"),
        _ => Ok(Box::new(whole)),
    }
}

type Decoder<'a> =
    ruzstd::decoding::StreamingDecoder<Box<dyn io::BufRead + 'a>, ruzstd::decoding::FrameDecoder>;

/// Frames of zstd in a row.
struct Frames<'a> {
    state: State<'a>,
}

enum State<'a> {
    Between(Box<dyn io::BufRead + 'a>),
    Inside(Box<Decoder<'a>>),
    Ended,
}

impl<'a> Frames<'a> {
    fn new(input: Box<dyn io::BufRead + 'a>) -> Self {
        Self { state: State::Between(input) }
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(mut input) => {
                    if input.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let decoder = Decoder::new(input).map_err(io::Error::other)?;
                    self.state = State::Inside(Box::new(decoder));
                }
                State::Inside(mut decoder) => {
                    let count = decoder.read(buffer)?;
                    self.state = if count == 0 && !buffer.is_empty() {
                        State::Between(decoder.into_inner())
                    } else {
                        State::Inside(decoder)
                    };
                    if count > 0 || buffer.is_empty() {
                        return Ok(count);
                    }
                }
            }
        }
    }
}
