//! Where one JSON value ends: brackets and quotes are followed, nothing is parsed.
//!
//! Invariant: on valid JSON the end found is the end a parser finds, however the bytes are cut into chunks. On broken
//! JSON a string ends at the end of its line at the latest (JSON forbids a raw line break in a string), so that a stray
//! quote spoils one value and not the rest of the file.

use thiserror::Error;

/// Nesting that no location file reaches; deeper is taken for damage, so that memory stays bounded.
const MAX_DEPTH: usize = 512;

/// Why the end of a value cannot be found; what follows cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum ScanFault {
    /// A bracket closes what another kind of bracket opened.
    #[error("`{found}` closes what should be closed by `{wanted}`")]
    Mismatch {
        /// The bracket in the file.
        found: char,
        /// The bracket that was due.
        wanted: char,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// Follows the brackets and quotes of one value, chunk after chunk.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The brackets that are due, innermost last.
    due: Vec<u8>,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Begins a new value, keeping the memory of the last.
    pub(super) fn restart(&mut self) {
        self.due.clear();
        self.in_string = false;
        self.escaped = false;
    }

    /// Takes the next bytes; `Some(n)` if the value ends before byte `n` of them.
    ///
    /// A text, number or word ends at the comma, colon or bracket after it, which is not part of it.
    ///
    /// # Errors
    /// [`ScanFault`] if the brackets do not match.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<Option<usize>, ScanFault> {
        for (i, &b) in chunk.iter().enumerate() {
            if self.in_string {
                self.within_string(b);
                continue;
            }
            match b {
                b'"' => self.in_string = true,
                b'{' => self.open(b'}')?,
                b'[' => self.open(b']')?,
                b'}' | b']' => match self.due.pop() {
                    None => return Ok(Some(i)),
                    Some(wanted) if wanted != b => {
                        return Err(ScanFault::Mismatch { found: char::from(b), wanted: char::from(wanted) });
                    }
                    Some(_) if self.due.is_empty() => return Ok(Some(i + 1)),
                    Some(_) => {}
                },
                b',' | b':' if self.due.is_empty() => return Ok(Some(i)),
                _ => {}
            }
        }
        Ok(None)
    }

    fn within_string(&mut self, b: u8) {
        match b {
            b'\n' => (self.in_string, self.escaped) = (false, false),
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ => {}
        }
    }

    fn open(&mut self, closes: u8) -> Result<(), ScanFault> {
        if self.due.len() >= MAX_DEPTH {
            return Err(ScanFault::TooDeep);
        }
        self.due.push(closes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(text: &str) -> Result<Option<usize>, ScanFault> {
        Scan::default().feed(text.as_bytes())
    }

    #[test]
    fn brackets_and_quotes_in_strings_do_not_count() {
        assert_eq!(end_of(r#"{"a":"}]\"}","b":[1]},"#), Ok(Some(21)));
        assert_eq!(end_of(r#""a\\","#), Ok(Some(5)));
        assert_eq!(end_of("12 ]"), Ok(Some(3)));
        assert_eq!(end_of(r#"{"a":"#), Ok(None));
    }

    #[test]
    fn a_string_left_open_ends_with_its_line() {
        let broken = "{\"a\": \"x\"y\",\n\"b\": \"}\"\n},{\"next\": 1}";
        assert_eq!(end_of(broken), Ok(broken.find(",{")));
    }

    #[test]
    fn brackets_that_do_not_match_and_endless_nesting_are_refused() {
        assert_eq!(end_of("{]"), Err(ScanFault::Mismatch { found: ']', wanted: '}' }));
        assert_eq!(end_of(&"[".repeat(MAX_DEPTH + 1)), Err(ScanFault::TooDeep));
        assert_eq!(end_of(&"[".repeat(MAX_DEPTH)), Ok(None));
    }
}
