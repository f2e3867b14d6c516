//! Delimited text, read by a profile.
//!
//! ```text
//!  bytes ─> lines ─> records ─> plan (once, from the heading) ─> rows ─> fix | incident | reject | not a fix
//!                                                                  └──> ends, where rows have them: the same again
//! ```
//! A row's number is the line on which it begins. Cover rows, headings, comments and blank lines are counted too, so
//! that the account covers every line; a record of several lines counts once. Memory is bounded: a line of more than
//! a mebibyte is rejected, and a quote that is not closed costs one line.

mod end;
mod fault;
mod lines;
mod memo;
mod numbers;
mod owners;
mod place;
mod plan;
mod records;
mod row;
mod when;

#[cfg(test)]
mod csv_tests;
#[cfg(test)]
mod end_tests;
#[cfg(test)]
mod golden_tests;

pub use owners::devices_by_owner;

use std::io::{self, BufRead, Cursor, Read};

use super::profile::{Dialect, Headings, Profile};
use super::{DecodeError, DecodeOptions, HEAD_BYTES, RowSink};
use crate::model::{NotAFix, RejectReason, RejectRow};

use lines::Lines;
use plan::Plan;
use records::{Records, Step};
use row::Rows;

/// Reads a CSV file by a profile; every row goes to the sink once, and after it the row's end where it has one.
///
/// A time written without a zone takes the profile's zone, else that of the options; without either its row is
/// rejected. `file` is only for errors.
///
/// # Errors
/// [`DecodeError::Io`] if reading fails, [`DecodeError::Profile`] if the file lacks the profile's columns,
/// [`DecodeError::Unknown`] if it is UTF-16, and what the sink returns.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    profile: &Profile,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let mut records = open(reader, file, profile)?;
    let Some(plan) = find_plan(&mut records, file, profile, sink)? else { return Ok(()) };
    let mut rows = Rows::new(plan, options);
    let width = Some(rows.width());
    loop {
        match records.next(width).map_err(|e| failed(file, e))? {
            Step::End => return Ok(()),
            Step::Blank | Step::Comment => sink.not_a_fix(NotAFix::Heading, 1),
            Step::Record => rows.emit(records.fields(), records.line(), sink)?,
            step => reject_line(&records, step, sink)?,
        }
    }
}

fn failed(file: &str, source: io::Error) -> DecodeError {
    DecodeError::Io { file: file.to_owned(), source }
}

/// Looks at the head and makes a reader of records over the whole.
fn open<'r>(reader: &'r mut dyn BufRead, file: &str, profile: &Profile) -> Result<Records<'r>, DecodeError> {
    let mut head = Vec::new();
    let most = u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX);
    (&mut *reader).take(most).read_to_end(&mut head).map_err(|e| failed(file, e))?;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        let detail = "the text is UTF-16: save it as CSV UTF-8".to_owned();
        return Err(DecodeError::Unknown { file: file.to_owned(), detail });
    }
    let dialect = Dialect::of(&head, profile);
    let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut begin = Cursor::new(head);
    begin.set_position(mark);
    let lines = Lines::new(Box::new(begin.chain(reader)), dialect.terminator);
    let mut records = Records::new(lines, dialect.delimiter, profile.file.comment.as_deref());
    records.expect_delimiter_line(dialect.names_delimiter);
    Ok(records)
}

/// Passes over what stands before the rows, and finds the columns; `None` if the file ends before its heading.
fn find_plan<'p>(
    records: &mut Records<'_>,
    file: &str,
    profile: &'p Profile,
    sink: &mut dyn RowSink,
) -> Result<Option<Plan<'p>>, DecodeError> {
    let passed = profile.file.skip_lines + usize::from(records.delimiter_line_expected());
    for _ in 0..passed {
        if !records.pass_over_line().map_err(|e| failed(file, e))? {
            return Ok(None);
        }
        sink.not_a_fix(NotAFix::Heading, 1);
    }
    if !profile.file.header {
        let headings = Headings::numbered(profile.file.fields.unwrap_or(0));
        return Plan::resolve(profile, headings).map(Some).map_err(|missing| lacks(profile, &missing, &[]));
    }
    let mut lack: Option<(Vec<String>, Vec<String>)> = None;
    let mut looked = 0;
    while looked < profile.file.header_search.max(1) {
        match records.next(None).map_err(|e| failed(file, e))? {
            Step::End => break,
            Step::Record => {
                looked += 1;
                let names = records.fields().iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect();
                let headings = Headings::new(names);
                let shown = headings.names().to_vec();
                match Plan::resolve(profile, headings) {
                    Ok(plan) => {
                        sink.not_a_fix(NotAFix::Heading, 1);
                        return Ok(Some(plan));
                    }
                    Err(missing) => lack = Some(fewer(lack, (missing, shown))),
                }
            }
            Step::TooLong | Step::Unclosed => looked += 1,
            Step::Blank | Step::Comment => {}
        }
        sink.not_a_fix(NotAFix::Heading, 1);
    }
    lack.map_or(Ok(None), |(missing, names)| Err(lacks(profile, &missing, &names)))
}

type Lack = (Vec<String>, Vec<String>);

/// Of two lines that are not the heading, the one with fewer columns missing, then the one with more columns.
fn fewer(old: Option<Lack>, new: Lack) -> Lack {
    match old {
        Some(old) if (old.0.len(), new.1.len()) <= (new.0.len(), old.1.len()) => old,
        _ => new,
    }
}

fn lacks(profile: &Profile, missing: &[String], names: &[String]) -> DecodeError {
    let has = if names.is_empty() { String::new() } else { format!("; its headings are {}", names.join(", ")) };
    DecodeError::Profile {
        profile: profile.name.clone(),
        detail: format!("the file has no column {}{has}", missing.join("; no column ")),
    }
}

fn reject_line(records: &Records<'_>, step: Step, sink: &mut dyn RowSink) -> Result<(), DecodeError> {
    let (field, line) = if step == Step::TooLong {
        ("line of more than a mebibyte", &[][..])
    } else {
        ("quote not closed", records.first_line())
    };
    let value = String::from_utf8_lossy(line);
    sink.reject(&RejectRow { row: records.line(), path: "", field, value: &value, reason: RejectReason::Syntax })
}
