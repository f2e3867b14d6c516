//! How a CSV file is laid out: what divides its fields, whether a heading stands first, and what type each column has.
//!
//! Types come from a sample. Where a narrower type could lose something that a file holds (the `0` of a telephone
//! number, a fraction of a second, the offset of a time), the wider one is taken.

use std::sync::Arc;

use datafusion::arrow::csv::reader::Format as CsvFormat;
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::arrow::error::ArrowError;

use crate::decode::profile::{Dialect, Headings, Profile, Sample};
use crate::time::{ZoneRule, parse_iso};

use super::unique;

/// How much of the beginning the types are taken from, bytes.
pub const SAMPLE_BYTES: u64 = 4 << 20;

/// A layout that `DataFusion` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// What stands between fields.
    pub delimiter: u8,
    /// The end of a line, where it is not a line feed.
    pub terminator: Option<u8>,
    /// The first line is a heading.
    pub heading: bool,
}

/// Finds the layout from the beginning of a file; `profile` is the built-in profile it fits, if it fits one.
///
/// # Errors
/// Why only a profile can read the file: other lines stand above its rows, or lines that are comments among them.
pub fn layout(head: &[u8], profile: Option<&Profile>) -> Result<Layout, &'static str> {
    let dialect = Dialect::of(head, profile.unwrap_or(&Profile::default()));
    let sample = match profile {
        Some(_) => Sample::cut(head, dialect.delimiter),
        None => Sample::read(head),
    };
    if dialect.names_delimiter {
        return Err("its first line names its separator");
    }
    let shape = profile.map(|p| &p.file);
    if shape.is_some_and(|f| f.skip_lines > 0 || f.comment.is_some()) {
        return Err("lines that are no rows stand above or among its rows");
    }
    let first = sample.rows.first().map_or(&[][..], Vec::as_slice);
    if first.len() != sample.width() {
        return Err("its first line has not as many columns as its other lines");
    }
    // Spreadsheets fill cover rows up with separators.
    let covered = match profile {
        Some(p) => p.file.header && !p.missing(&Headings::new(first.to_vec())).is_empty(),
        None => first.iter().filter(|field| field.is_empty()).count() * 2 > first.len(),
    };
    if covered {
        return Err("lines that are no rows stand above its headings");
    }
    let heading = shape.is_none_or(|f| f.header) && first.iter().all(|field| is_name(field));
    if heading && unique(first.iter().map(String::as_str).filter(|f| !f.is_empty())).is_some() {
        return Err("two of its columns have the same heading");
    }
    let terminator = (dialect.terminator != b'\n').then_some(dialect.terminator);
    Ok(Layout { delimiter: sample.delimiter, terminator, heading })
}

/// Whether a field of the first line can be a heading: a row of data that is taken for one is lost.
fn is_name(field: &str) -> bool {
    let number = field.replace(',', ".").parse::<f64>().is_ok();
    let time = parse_iso(field, Some(&ZoneRule::utc())).is_ok();
    let figures = field.contains(|c: char| c.is_ascii_digit()) && !field.contains(char::is_alphabetic);
    !(number || time || figures)
}

/// The columns and their types, from the first [`SAMPLE_BYTES`] of a file (`whole`: there is no more).
///
/// # Errors
/// If the sample is not CSV in UTF-8, or a row has another number of fields than the first.
pub fn columns(sample: &[u8], whole: bool, layout: Layout) -> Result<Schema, ArrowError> {
    let sample = if whole { sample } else { whole_lines(sample, layout.terminator.unwrap_or(b'\n')) };
    let mut format = CsvFormat::default().with_header(layout.heading).with_delimiter(layout.delimiter);
    if let Some(terminator) = layout.terminator {
        format = format.with_terminator(terminator);
    }
    let (guessed, _) = format.infer_schema(sample, None)?;
    let mut looks = vec![Look::default(); guessed.fields().len()];
    each_row(sample, layout, |row| {
        looks.iter_mut().zip(row.iter()).for_each(|(look, value)| look.see(value));
    });
    let columns = guessed.fields().iter().zip(&looks).enumerate();
    let fields = columns.map(|(i, (field, look))| {
        // As DataFusion names the columns of a file without headings; names are not found by blanks around them.
        let name = Some(field.name().trim()).filter(|n| !n.is_empty());
        let name = name.map_or_else(|| format!("column_{}", i + 1), ToOwned::to_owned);
        Field::new(name, look.widest(field.data_type()), true)
    });
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// The sample to its last line's end: a field cut in two would look like another type.
fn whole_lines(sample: &[u8], terminator: u8) -> &[u8] {
    let end = sample.iter().rposition(|b| *b == terminator).map_or(sample.len(), |at| at + 1);
    sample.get(..end).unwrap_or(sample)
}

fn each_row(sample: &[u8], layout: Layout, mut see: impl FnMut(&csv::ByteRecord)) {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(layout.heading).flexible(true).delimiter(layout.delimiter);
    if let Some(terminator) = layout.terminator {
        builder.terminator(csv::Terminator::Any(terminator));
    }
    let mut reader = builder.from_reader(sample);
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).unwrap_or(false) {
        see(&row);
    }
}

/// What the values of a column look like, beyond their type.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    leading_zero: bool,
    values: u64,
    with_offset: u64,
}

impl Look {
    fn see(&mut self, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        self.values += 1;
        self.leading_zero |= matches!(value, [b'0', b'0'..=b'9', ..]);
        self.with_offset += u64::from(has_offset(value));
    }

    /// The type that loses nothing of what the column was seen to hold.
    fn widest(&self, guessed: &DataType) -> DataType {
        match guessed {
            DataType::Int64 | DataType::Float64 if self.leading_zero => DataType::Utf8,
            DataType::Null => DataType::Utf8,
            DataType::Timestamp(unit, _) => {
                let unit = if *unit == TimeUnit::Nanosecond { TimeUnit::Nanosecond } else { TimeUnit::Microsecond };
                DataType::Timestamp(unit, self.zone())
            }
            other => other.clone(),
        }
    }

    /// UTC if every time says where it stands; a time that does not is left without a zone, not given one.
    fn zone(&self) -> Option<Arc<str>> {
        (self.values > 0 && self.values == self.with_offset).then(|| "UTC".into())
    }
}

/// Whether a time ends in `Z`, `+hh:mm` or `-hhmm`; the date's own hyphens stand before its tenth character.
fn has_offset(value: &[u8]) -> bool {
    let clock = value.get(10..).unwrap_or(&[]);
    clock.ends_with(b"Z") || clock.ends_with(b"z") || clock.iter().any(|b| matches!(b, b'+' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(text: &str) -> Vec<(String, DataType)> {
        let layout = layout(text.as_bytes(), None).unwrap();
        let schema = columns(text.as_bytes(), true, layout).unwrap();
        schema.fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect()
    }

    #[test]
    fn the_separator_and_the_heading_come_from_the_content() {
        let of = |text: &str| layout(text.as_bytes(), None);
        let heading = |delimiter| Ok(Layout { delimiter, terminator: None, heading: true });
        assert_eq!(of("a;b\n1,5;2,5\n"), heading(b';'));
        assert_eq!(of("\u{feff}a\tb\n1\t2\n"), heading(b'\t'));
        assert_eq!(of("1,2,x\n3,4,y\n"), Ok(Layout { delimiter: b',', terminator: None, heading: false }));
        assert_eq!(of("a,b\r1,2\r"), Ok(Layout { delimiter: b',', terminator: Some(b'\r'), heading: true }));
        assert_eq!(of(",a,#\n0,x,1\n"), heading(b','), "a column may have no name");
        for row in ["2025-06-01T12:00:00Z", "01/06/2025", "12:30", "5"] {
            let text = format!("phone,{row}\nphone,{row}\n");
            assert_eq!(of(&text).map(|l| l.heading), Ok(false), "{row}");
        }
        assert_eq!(of("lat,lon,lat\n1,2,3\n"), Err("two of its columns have the same heading"));
        assert!(of("sep=;\na;b\n1;2\n").is_err());
        assert!(of("Report of 1 June\na,b,c\n1,2,3\n4,5,6\n").is_err());
        assert!(of("Report of 1 June,,\na,b,c\n1,2,3\n4,5,6\n").is_err());
    }

    #[test]
    fn a_profile_says_which_files_have_no_heading_and_which_have_lines_above() {
        let fixture = |name: &str| std::fs::read(format!("tests/fixtures/csv/{name}")).unwrap();
        let profile = |name: &str| Profile::builtin(name).unwrap();
        let crime = layout(&fixture("police-crime.csv"), Some(&profile("police-crime")));
        assert_eq!(crime.map(|l| l.heading), Ok(false));
        assert!(layout(&fixture("geolife-plt.plt"), Some(&profile("geolife-plt"))).is_err());
        let cover = layout(&fixture("uk-call-data.csv"), Some(&profile("uk-call-data")));
        assert_eq!(cover, Err("lines that are no rows stand above its headings"));
        let own = layout(&fixture("canonical.csv"), Some(&profile("canonical")));
        assert_eq!(own, Ok(Layout { delimiter: b',', terminator: None, heading: true }));
    }

    #[test]
    fn types_lose_nothing() {
        let found = types(
            "number,id,lat,at,local,empty,when\n\
             07700900123,5,51,2025-06-01T12:00:00Z,2025-06-01 12:00:00,,2025-06-01T12:00:00Z\n\
             447700900123,6,51.5,2025-06-01T12:00:00+01:00,2025-06-01 12:00:01,,2025-06-01T12:00:00\n",
        );
        let us = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
        let expected = [
            ("number", DataType::Utf8),
            ("id", DataType::Int64),
            ("lat", DataType::Float64),
            ("at", us(Some("UTC"))),
            ("local", us(None)),
            ("empty", DataType::Utf8),
            ("when", us(None)),
        ];
        assert_eq!(found, expected.map(|(n, t)| (n.to_owned(), t)));
    }

    #[test]
    fn a_column_without_a_heading_has_a_name_all_the_same() {
        let names = types("id, lat ,,\n1,2,3,4\n").into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names, ["id", "lat", "column_3", "column_4"]);
    }

    #[test]
    fn a_line_cut_short_is_not_looked_at() {
        let layout = Layout { delimiter: b',', terminator: None, heading: true };
        let schema = columns(b"a,b\n1,2\n3,x", false, layout).unwrap();
        assert_eq!(schema.field(1).data_type(), &DataType::Int64);
        let schema = columns(b"a,b\n1,2\n3,x", true, layout).unwrap();
        assert_eq!(schema.field(1).data_type(), &DataType::Utf8);
    }
}
