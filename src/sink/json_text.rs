//! How JSON is laid out: two spaces of indent, and no character that could act on the terminal it is shown in.
//!
//! JSON itself escapes only what is below U+0020. The C1 controls (U+009B begins a control sequence) and the characters
//! that turn the direction of writing are escaped here as well; a JSON reader gets the same text back.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::SinkError;
use super::neutral::is_unsafe;

/// Writes a value as JSON, with a newline at its end.
pub(super) fn to_writer<T: Serialize>(value: &T, out: &mut dyn Write) -> Result<(), SinkError> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Harmless(PrettyFormatter::new())))?;
    out.write_all(b"\n")?;
    Ok(())
}

struct Harmless(PrettyFormatter<'static>);

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = fragment;
        while let Some((at, c)) = plain.char_indices().find(|(_, c)| is_unsafe(*c)) {
            let (before, rest) = plain.split_at(at);
            out.write_all(before.as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        out.write_all(plain.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_and_reads_back_the_same() {
        let text = "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}b\"\\\n\u{feff}é家😀";
        let mut out = Vec::new();
        to_writer(&[text, ""], &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert!(!written.chars().any(|c| c != '\n' && is_unsafe(c)), "{written:?}");
        assert!(written.contains("\\u009b31m\\u007f\\u202eb"), "{written}");
        assert!(written.contains("é家😀"), "letters of any script stay");
        assert_eq!(serde_json::from_str::<Vec<String>>(&written).unwrap(), [text, ""]);
    }

    #[test]
    fn the_layout_is_that_of_plain_pretty_json() {
        let value = serde_json::json!({"a": [1, {"b": null}], "c": [], "d": {}});
        let mut out = Vec::new();
        to_writer(&value, &mut out).unwrap();
        let plain = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), plain + "\n");
    }
}
