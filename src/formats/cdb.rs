//! Constant databases, as postmap(1) writes them for the type `cdb`.
//!
//! `postmap -s` lists them from Postfix 3.10 on only, so they are read here. A file is a table of 256
//! pairs (position, slots), the records one after the other, and 256 hash tables, to which the pairs
//! point; all numbers have 32 bits, least byte first. [cdb(5)]

/// The length of the first table.
const HEADER: usize = 2048;

/// Why a file is no constant database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CdbError {
    /// Shorter than its own tables say.
    #[error("the file is cut off")]
    Short,
    /// The hash tables do not have two slots for each record.
    #[error("the file is damaged: its tables do not fit its records")]
    Damaged,
    /// Text of several lines would be read as several entries.
    #[error("an entry holds a line break")]
    LineBreak,
}

/// All entries in the order of writing, one a line, `key<TAB>value`, as `postmap -s` lists them.
///
/// # Errors
///
/// [`CdbError`] when the file is not whole.
pub fn list(bytes: &[u8]) -> Result<Vec<u8>, CdbError> {
    let header = bytes.get(..HEADER).ok_or(CdbError::Short)?;
    // The first hash table follows the last record.
    let end = number(header, 0)?;
    let records = bytes.get(..end).ok_or(CdbError::Short)?;
    let (mut at, mut count) = (HEADER, 0_usize);
    let mut text = Vec::with_capacity(end.saturating_sub(HEADER));
    while at < end {
        let (key, value) = (number(records, at)?, number(records, at + 4)?);
        let start = at + 8;
        at = start.saturating_add(key).saturating_add(value);
        let record = records.get(start..at).ok_or(CdbError::Short)?;
        for (part, separator) in [(&record[..key], b'\t'), (&record[key..], b'\n')] {
            // Where others write it, the byte at the end of a string belongs to it.
            // [Postfix `dict_cdb.c` `DICT_FLAG_TRY1NULL`]
            let part = part.strip_suffix(b"\0").unwrap_or(part);
            if memchr::memchr(b'\n', part).is_some() {
                return Err(CdbError::LineBreak);
            }
            text.extend_from_slice(part);
            text.push(separator);
        }
        count += 1;
    }
    let mut slots = 0;
    for table in 0..256 {
        let (position, length) = (number(header, table * 8)?, number(header, table * 8 + 4)?);
        if position < end || position.saturating_add(length.saturating_mul(8)) > bytes.len() {
            return Err(CdbError::Short);
        }
        slots += length;
    }
    if at != end || slots != count * 2 { Err(CdbError::Damaged) } else { Ok(text) }
}

fn number(bytes: &[u8], at: usize) -> Result<usize, CdbError> {
    let bytes = bytes.get(at..).and_then(|it| it.first_chunk()).ok_or(CdbError::Short)?;
    usize::try_from(u32::from_le_bytes(*bytes)).map_err(|_| CdbError::Short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A database with its records in one hash table: their slots do not matter here.
    fn database(records: &[(&[u8], &[u8])]) -> Vec<u8> {
        let word = |it: usize| u32::try_from(it).unwrap().to_le_bytes();
        let mut body = Vec::new();
        for (key, value) in records {
            body.extend([word(key.len()), word(value.len())].concat());
            body.extend([*key, *value].concat());
        }
        let (end, slots) = (HEADER + body.len(), records.len() * 2);
        let mut file = Vec::new();
        for table in 0..256 {
            let (position, length) = if table == 0 { (end, slots) } else { (end + slots * 8, 0) };
            file.extend([word(position), word(length)].concat());
        }
        file.extend(body);
        file.extend(vec![0; slots * 8]);
        file
    }

    #[test]
    fn entries_are_listed_in_the_order_of_writing() {
        let file = database(&[(b"b.example", b"secure"), (b"a.example\0", b"encrypt\0")]);
        assert_eq!(list(&file).unwrap(), b"b.example\tsecure\na.example\tencrypt\n");
        assert_eq!(list(&database(&[])).unwrap(), b"");
    }

    #[test]
    fn a_file_that_is_not_whole_is_an_error() {
        let file = database(&[(b"a.example", b"encrypt"), (b"b.example", b"may")]);
        for length in 0..file.len() {
            list(&file[..length]).unwrap_err();
        }
        let mut other = file.clone();
        other[4] = 2;
        assert_eq!(list(&other), Err(CdbError::Damaged));
        assert_eq!(list(&database(&[(b"a", b"x\nb y")])), Err(CdbError::LineBreak));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(mut bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            let _any = list(&bytes);
            if let Some(first) = bytes.get_mut(..4) {
                first.copy_from_slice(&3000_u32.to_le_bytes());
                let _any = list(&bytes);
            }
        }
    }
}
