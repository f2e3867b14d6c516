//! Which built-in profile a file fits, by its headings, its first line or the shape of its fields.

use super::columns::Headings;
use super::sample::{Sample, delimiter_name, without_mark};
use super::schema::FieldShape;
use super::{BUILTINS, Profile};

/// The delimiters that are tried on each profile.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many rows must show the shape of a file without a heading.
const SHAPE_ROWS: usize = 20;

/// The built-in profile whose columns match the first lines of a CSV file, and why; `None` if none does.
///
/// Where several match, the one that asks for most is taken: the full layout before the condensed one.
#[must_use]
pub fn recognise(head: &[u8]) -> Option<(Profile, String)> {
    let samples: Vec<Sample> = DELIMITERS.into_iter().map(|d| Sample::cut(head, d)).collect();
    let mut best: Option<(usize, &Profile, String)> = None;
    for profile in BUILTINS.iter() {
        let found = by_first_line(head, profile)
            .or_else(|| samples.iter().find_map(|s| by_headings(s, profile)))
            .or_else(|| samples.iter().find_map(|s| by_shape(s, profile)));
        if let Some((strength, because)) = found
            && best.as_ref().is_none_or(|(most, ..)| strength > *most)
        {
            best = Some((strength, profile, because));
        }
    }
    best.map(|(_, profile, because)| (profile.clone(), because))
}

fn by_first_line(head: &[u8], profile: &Profile) -> Option<(usize, String)> {
    let begins = profile.recognise.first_line.as_deref()?;
    without_mark(head).starts_with(begins.as_bytes()).then(|| (usize::MAX, format!("the first line is {begins:?}")))
}

fn by_headings(sample: &Sample, profile: &Profile) -> Option<(usize, String)> {
    let wanted = &profile.recognise.columns;
    if wanted.is_empty() || !fits_delimiter(sample, profile) {
        return None;
    }
    let searched = sample.rows.iter().enumerate().take(profile.file.header_search.max(1));
    for (at, row) in searched {
        let headings = Headings::new(row.clone());
        let found: Vec<String> = wanted.iter().filter_map(|c| headings.find(c)).map(|c| c.name).collect();
        if found.len() == wanted.len() && profile.missing(&headings).is_empty() {
            let because = format!(
                "row {} has the headings {}, between {}",
                at + 1,
                found.join(", "),
                delimiter_name(sample.delimiter)
            );
            return Some((found.len(), because));
        }
    }
    None
}

fn by_shape(sample: &Sample, profile: &Profile) -> Option<(usize, String)> {
    let shape = &profile.recognise.shape;
    let width = profile.file.fields?;
    if shape.is_empty() || !fits_delimiter(sample, profile) {
        return None;
    }
    let looked: Vec<&Vec<String>> = sample.rows.iter().take(SHAPE_ROWS).collect();
    let fitting = looked.iter().filter(|row| row.len() == width && shape.iter().all(|s| fits(row, s))).count();
    let enough = fitting > 0 && fitting * 2 >= looked.len();
    let because = format!(
        "{fitting} of the first {} rows have {width} fields and {}",
        looked.len(),
        shape.iter().map(describe).collect::<Vec<_>>().join(", ")
    );
    enough.then_some((shape.len(), because))
}

fn fits_delimiter(sample: &Sample, profile: &Profile) -> bool {
    profile.file.delimiter.is_none_or(|d| d == sample.delimiter)
}

fn fits(row: &[String], shape: &FieldShape) -> bool {
    let Some(field) = shape.column.checked_sub(1).and_then(|at| row.get(at)) else { return false };
    let digits = shape.digits.is_none_or(|n| field.len() == n && field.bytes().all(|b| b.is_ascii_digit()));
    digits && (shape.one_of.is_empty() || shape.one_of.iter().any(|w| w.eq_ignore_ascii_case(field)))
}

fn describe(shape: &FieldShape) -> String {
    match shape.digits {
        Some(n) => format!("{n} digits in column {}", shape.column),
        None => format!("{} in column {}", shape.one_of.join(" or "), shape.column),
    }
}
