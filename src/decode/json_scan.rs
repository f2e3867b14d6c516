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
        let mut at = 0;
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            if self.in_string {
                at += self.pass_string(rest);
                continue;
            }
            let (passed, ended) = self.pass_outside(rest)?;
            at += passed;
            if ended {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Passes over the inside of a string, up to its end or a backslash; says how many bytes.
    fn pass_string(&mut self, rest: &[u8]) -> usize {
        let telling = if self.escaped { Some(0) } else { rest.iter().position(|b| matches!(b, b'"' | b'\\' | b'\n')) };
        let Some((n, &b)) = telling.and_then(|n| Some((n, rest.get(n)?))) else { return rest.len() };
        let escaped = std::mem::take(&mut self.escaped);
        match b {
            b'\n' => self.in_string = false,
            _ if escaped => {}
            b'\\' => self.escaped = true,
            _ => self.in_string = false,
        }
        n + 1
    }

    /// Passes over what is outside strings, up to a quote or the value's end; says how many bytes, and whether it ended.
    fn pass_outside(&mut self, rest: &[u8]) -> Result<(usize, bool), ScanFault> {
        for (i, &b) in rest.iter().enumerate() {
            match b {
                b'"' => {
                    self.in_string = true;
                    return Ok((i + 1, false));
                }
                b'{' => self.open(b'}')?,
                b'[' => self.open(b']')?,
                b'}' | b']' => match self.due.pop() {
                    None => return Ok((i, true)),
                    Some(wanted) if wanted != b => {
                        return Err(ScanFault::Mismatch { found: char::from(b), wanted: char::from(wanted) });
                    }
                    Some(_) if self.due.is_empty() => return Ok((i + 1, true)),
                    Some(_) => {}
                },
                b',' | b':' if self.due.is_empty() => return Ok((i, true)),
                _ => {}
            }
        }
        Ok((rest.len(), false))
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
