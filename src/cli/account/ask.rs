//! Passwords from a person or a program: from the terminal without showing them, or from standard input, one a line.

use std::io::{self, BufRead, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

/// Reads secrets.
pub trait Ask {
    /// A password; a person at a terminal is shown what for.
    ///
    /// # Errors
    /// If nothing can be read.
    fn password(&mut self, what_for: &str) -> io::Result<String>;

    /// Whether a person types, so that a new password is asked for twice.
    fn is_person(&self) -> bool;
}

/// The most bytes of a line.
const MAX_LINE_BYTES: usize = 4096;
/// What Ctrl-C sends to a terminal that makes no signal of it.
const INTERRUPT: u8 = 3;

/// Asks on the terminal, or reads standard input if that is none.
#[derive(Debug)]
pub struct Asking {
    person: bool,
}

impl Asking {
    /// By what standard input is.
    #[must_use]
    pub fn of_stdin() -> Self {
        Self { person: io::stdin().is_terminal() }
    }
}

impl Ask for Asking {
    fn password(&mut self, what_for: &str) -> io::Result<String> {
        if !self.person {
            return read_line(&mut io::stdin().lock());
        }
        let hidden = Hidden::new();
        let warning = if hidden.is_some() { "" } else { " (it will be shown)" };
        write!(io::stderr(), "Password {what_for}{warning}: ")?;
        let read = read_line(&mut io::stdin().lock());
        drop(hidden);
        writeln!(io::stderr())?;
        read
    }

    fn is_person(&self) -> bool {
        self.person
    }
}

/// A terminal that does not show what is typed, until it is dropped. Ctrl-C comes as a character and ends the line, so that
/// the terminal is never left like this.
struct Hidden {
    before: String,
}

impl Hidden {
    fn new() -> Option<Self> {
        let before = stty(&["-g"])?.trim().to_owned();
        stty(&["-echo", "-isig", "eol", "^C"])?;
        Some(Self { before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // If it fails there is no other way either.
        _ = stty(&[&self.before]);
    }
}

/// Runs `stty` on the terminal; `None` where there is none.
fn stty(arguments: &[&str]) -> Option<String> {
    let ran = Command::new("stty").args(arguments).stdin(Stdio::inherit()).stderr(Stdio::null()).output().ok()?;
    ran.status.success().then(|| String::from_utf8(ran.stdout).ok())?
}

/// A line without its end; byte by byte, so that nothing of the next is lost.
fn read_line(input: &mut dyn BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    loop {
        let byte = input.fill_buf()?.first().copied();
        input.consume(usize::from(byte.is_some()));
        match byte {
            None if line.is_empty() => return Err(io::Error::other("no password was given on standard input")),
            None | Some(b'\n') => break,
            Some(INTERRUPT) => return Err(io::Error::from(io::ErrorKind::Interrupted)),
            Some(_) if line.len() == MAX_LINE_BYTES => return Err(io::Error::other("the line is too long")),
            Some(byte) => line.push(byte),
        }
    }
    line.pop_if(|b| *b == b'\r');
    String::from_utf8(line).map_err(|_| io::Error::other("a password is text in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_one_by_one() {
        let mut input = io::Cursor::new(b"one two\r\n\nthree".to_vec());
        let read: Vec<_> = (0..3).map(|_| read_line(&mut input).unwrap()).collect();
        assert_eq!(read, ["one two", "", "three"]);
        assert!(read_line(&mut input).is_err());
        assert!(read_line(&mut io::Cursor::new(b"ab\x03c\n")).is_err(), "interrupted");
        assert!(read_line(&mut io::Cursor::new(vec![b'x'; 5000])).is_err());
        assert!(read_line(&mut io::Cursor::new(vec![0xff, b'\n'])).is_err());
    }
}
