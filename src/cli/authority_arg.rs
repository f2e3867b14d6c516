//! `--authorised "07700900001=2026-03-01T00:00:00Z..2026-04-01T00:00:00Z,URN 17"`: a device, a period, and under what.

use crate::model::{Authorities, Authority};
use crate::time::parse_utc;

/// An `--authorised` that cannot be used; retrying does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityArgError {
    /// Not `DEVICE=FROM..TO` or `DEVICE=FROM..TO,REFERENCE`.
    #[error(
        "an authority is DEVICE=FROM..TO or DEVICE=FROM..TO,REFERENCE, as in \
         07700900001=2026-03-01T00:00:00Z..2026-04-01T00:00:00Z,URN 17"
    )]
    Shape,
    /// A moment cannot be read.
    #[error("{0:?} is no moment in UTC, such as 2026-03-01T18:30:00Z; left empty, the period is open")]
    Moment(String),
    /// The period ends before it begins, or as it does: its end is not part of it.
    #[error("the period from {from} to {to} holds no moment: TO is not part of it")]
    Empty {
        /// Its start, as given.
        from: String,
        /// Its end, as given.
        to: String,
    },
}

/// Reads an authority; an open start or end stands for the first or last moment there is.
///
/// # Errors
/// [`AuthorityArgError`] says what is wrong, with its value.
pub fn parse_authority(text: &str) -> Result<Authority, AuthorityArgError> {
    let (start, end) = text.split_once("..").ok_or(AuthorityArgError::Shape)?;
    let (identifier, from) = start.rsplit_once('=').ok_or(AuthorityArgError::Shape)?;
    let (to, reference) = end.split_once(',').unwrap_or((end, ""));
    let [identifier, from, to, reference] = [identifier, from, to, reference].map(str::trim);
    if identifier.is_empty() {
        return Err(AuthorityArgError::Shape);
    }
    let (from_us, to_us) = (moment(from, i64::MIN)?, moment(to, i64::MAX)?);
    if from_us >= to_us {
        return Err(AuthorityArgError::Empty { from: from.to_owned(), to: to.to_owned() });
    }
    Ok(Authority { reference: reference.to_owned(), identifier: identifier.to_owned(), from_us, to_us })
}

/// What authorities cover of somebody's files. Of the victim's, whose records come by consent, only devices that one names
/// are held to it; of anybody else's, once any is given, every device must be named by one.
#[must_use]
pub fn authorities_over(given: &[Authority], of_victim: bool) -> Authorities {
    let authorities = Authorities::new(given.to_vec());
    if of_victim || authorities.is_empty() { authorities } else { authorities.every_identifier() }
}

fn moment(text: &str, open_us: i64) -> Result<i64, AuthorityArgError> {
    if text.is_empty() {
        return Ok(open_us);
    }
    parse_utc(text).ok_or_else(|| AuthorityArgError::Moment(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_may_be_open_and_a_reference_may_be_left_out() {
        let read = |text: &str| parse_authority(text).unwrap();
        let whole = read("H=1=1970-01-01T00:00:01Z..1970-01-01T00:00:02Z, URN 1, of=2025..");
        assert_eq!((whole.identifier.as_str(), whole.reference.as_str()), ("H=1", "URN 1, of=2025.."));
        assert_eq!((whole.from_us, whole.to_us), (1_000_000, 2_000_000));
        let open = read("H1=..");
        assert_eq!((open.from_us, open.to_us, open.reference.as_str()), (i64::MIN, i64::MAX, ""));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let fault = |text: &str| parse_authority(text).unwrap_err();
        for shape in ["", "H1", "H1=2026-03-01T00:00:00Z", "=..", "2026-03-01T00:00:00Z..2026-04-01T00:00:00Z"] {
            assert_eq!(fault(shape), AuthorityArgError::Shape, "{shape}");
        }
        assert_eq!(fault("H1=2026-03-01..,U"), AuthorityArgError::Moment("2026-03-01".to_owned()));
        let moment = "2026-03-01T00:00:00Z";
        let empty = fault(&format!("H1={moment}..{moment}"));
        assert!(empty.to_string().contains("holds no moment"), "{empty}");
    }
}
