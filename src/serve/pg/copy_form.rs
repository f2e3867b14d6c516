//! The forms of `COPY ... TO STDOUT`: text, CSV and binary, with PostgreSQL's options and defaults.

use datafusion::sql::sqlparser::ast::{CopyLegacyCsvOption, CopyLegacyOption, CopyOption};

use super::fault::Fault;

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CopyForm {
    /// Whether as CSV, else as tab-separated text with backslashes.
    pub csv: bool,
    /// Whether as PostgreSQL's binary file; the rest says nothing then.
    pub binary: bool,
    /// Between values.
    pub delimiter: u8,
    /// What NULL is written as.
    pub null: String,
    /// Whether the first row names the columns.
    pub header: bool,
    /// Around values of CSV.
    pub quote: u8,
    /// Before a quote in a value of CSV.
    pub escape: u8,
}

impl CopyForm {
    /// The form that the options ask for, in today's syntax and in that before 9.0.
    ///
    /// # Errors
    /// 0A000 for what we do not write, 22023 for characters that cannot be.
    pub fn of(options: &[CopyOption], legacy: &[CopyLegacyOption]) -> Result<Self, Fault> {
        let mut asked = Asked::default();
        for option in options {
            asked.take(option)?;
        }
        for option in legacy {
            asked.take_legacy(option)?;
        }
        asked.form()
    }

    /// Writes one value, as text already; `None` is NULL.
    pub fn write(&self, value: Option<&[u8]>, first: bool, out: &mut Vec<u8>) {
        if !first {
            out.push(self.delimiter);
        }
        match value {
            None => out.extend_from_slice(self.null.as_bytes()),
            Some(text) if self.csv => self.write_csv(text, out),
            Some(text) => self.write_text(text, out),
        }
    }

    fn write_text(&self, text: &[u8], out: &mut Vec<u8>) {
        // Most values have nothing to escape.
        if text.iter().all(|byte| self.escape_of(*byte).is_none()) {
            out.extend_from_slice(text);
            return;
        }
        for &byte in text {
            match self.escape_of(byte) {
                Some(escape) => out.extend_from_slice(&[b'\\', escape]),
                None => out.push(byte),
            }
        }
    }

    /// What stands after a backslash for a byte of text; `None` if it stands for itself.
    const fn escape_of(&self, byte: u8) -> Option<u8> {
        match byte {
            b'\n' => Some(b'n'),
            b'\r' => Some(b'r'),
            b'\t' => Some(b't'),
            8 => Some(b'b'),
            11 => Some(b'v'),
            12 => Some(b'f'),
            _ if byte == b'\\' || byte == self.delimiter => Some(byte),
            _ => None,
        }
    }

    fn write_csv(&self, text: &[u8], out: &mut Vec<u8>) {
        let special = |b: &u8| *b == self.delimiter || *b == self.quote || matches!(b, b'\n' | b'\r');
        let quoted = text == self.null.as_bytes() || text == b"\\." || text.iter().any(special);
        if !quoted {
            out.extend_from_slice(text);
            return;
        }
        out.push(self.quote);
        for &byte in text {
            if byte == self.quote || byte == self.escape {
                out.push(self.escape);
            }
            out.push(byte);
        }
        out.push(self.quote);
    }
}

#[derive(Default)]
struct Asked {
    csv: bool,
    binary: bool,
    header: bool,
    delimiter: Option<char>,
    null: Option<String>,
    quote: Option<char>,
    escape: Option<char>,
}

impl Asked {
    fn take(&mut self, option: &CopyOption) -> Result<(), Fault> {
        match option {
            CopyOption::Format(name) if name.value.eq_ignore_ascii_case("csv") => self.csv = true,
            CopyOption::Format(name) if name.value.eq_ignore_ascii_case("text") => self.csv = false,
            CopyOption::Format(name) if name.value.eq_ignore_ascii_case("binary") => self.binary = true,
            CopyOption::Header(header) => self.header = *header,
            CopyOption::Delimiter(c) => self.delimiter = Some(*c),
            CopyOption::Null(text) => self.null = Some(text.clone()),
            CopyOption::Quote(c) => self.quote = Some(*c),
            CopyOption::Escape(c) => self.escape = Some(*c),
            CopyOption::Encoding(name) if name.replace('-', "").eq_ignore_ascii_case("utf8") => {}
            other => return Err(Fault::unsupported(&format!("COPY with {other}"))),
        }
        Ok(())
    }

    fn take_legacy(&mut self, option: &CopyLegacyOption) -> Result<(), Fault> {
        match option {
            CopyLegacyOption::Csv(inner) => {
                self.csv = true;
                for option in inner {
                    match option {
                        CopyLegacyCsvOption::Header => self.header = true,
                        CopyLegacyCsvOption::Quote(c) => self.quote = Some(*c),
                        CopyLegacyCsvOption::Escape(c) => self.escape = Some(*c),
                        other => return Err(Fault::unsupported(&format!("COPY with {other}"))),
                    }
                }
            }
            CopyLegacyOption::Binary => self.binary = true,
            CopyLegacyOption::Header => self.header = true,
            CopyLegacyOption::Delimiter(c) => self.delimiter = Some(*c),
            CopyLegacyOption::Null(text) => self.null = Some(text.clone()),
            other => return Err(Fault::unsupported(&format!("COPY with {other}"))),
        }
        Ok(())
    }

    fn form(self) -> Result<CopyForm, Fault> {
        if self.binary && (self.csv || self.header || self.delimiter.is_some() || self.null.is_some()) {
            return Err(Fault::new("42601", "COPY in binary takes no other options"));
        }
        let byte = |c: Option<char>, default: u8| match c {
            None => Ok(default),
            Some(c) if c.is_ascii() && !matches!(c, '\n' | '\r') => u8::try_from(c).map_err(|_| one_byte()),
            Some(_) => Err(one_byte()),
        };
        let quote = byte(self.quote, b'"')?;
        Ok(CopyForm {
            csv: self.csv,
            binary: self.binary,
            header: self.header,
            delimiter: byte(self.delimiter, if self.csv { b',' } else { b'\t' })?,
            null: self.null.unwrap_or_else(|| if self.csv { String::new() } else { "\\N".to_owned() }),
            quote,
            escape: byte(self.escape, quote)?,
        })
    }
}

fn one_byte() -> Fault {
    Fault::new("22023", "COPY delimiter, quote and escape must be single one-byte characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(form: &CopyForm, values: &[Option<&str>]) -> String {
        let mut out = Vec::new();
        for (at, value) in values.iter().enumerate() {
            form.write(value.map(str::as_bytes), at == 0, &mut out);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_escaped_and_null_is_told_from_it() {
        let form = CopyForm::of(&[], &[]).unwrap();
        assert_eq!(row(&form, &[Some("a\tb\\\n"), None, Some("")]), "a\\tb\\\\\\n\t\\N\t");
    }

    #[test]
    fn csv_quotes_what_needs_it_and_the_empty_text() {
        let csv = CopyForm::of(&[], &[CopyLegacyOption::Csv(vec![CopyLegacyCsvOption::Header])]).unwrap();
        assert!(csv.header && csv.csv);
        assert_eq!(
            row(&csv, &[Some("a,b"), None, Some(""), Some("say \"x\""), Some("c")]),
            "\"a,b\",,\"\",\"say \"\"x\"\"\",c"
        );
    }

    #[test]
    fn what_is_not_written_is_refused() {
        assert_eq!(CopyForm::of(&[], &[CopyLegacyOption::Gzip]).unwrap_err().code, "0A000");
        assert_eq!(CopyForm::of(&[], &[CopyLegacyOption::Binary, CopyLegacyOption::Header]).unwrap_err().code, "42601");
        assert_eq!(CopyForm::of(&[CopyOption::Delimiter('é')], &[]).unwrap_err().code, "22023");
    }
}
