//! A number, text or word of a JSON document, taken as it comes.
//!
//! Exports write the same field as a number in one year and as text in the next. A field is therefore read as
//! whatever it is and judged afterwards, so that a wrong type costs one named reject and not an unreadable row.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json_row::Fault;
use crate::model::RejectReason;

/// A JSON value that is expected to be a number or a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Scalar<'a> {
    /// Absent, `null`, or an empty array or object.
    #[default]
    Null,
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text; also a whole number too large for 64 bits, as written.
    Text(Cow<'a, str>),
    /// `true` or `false`.
    Bool(bool),
    /// An array or object that is not empty.
    Nested,
}

impl Scalar<'_> {
    /// Absent or empty.
    pub(super) fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(t) => t.trim().is_empty(),
            _ => false,
        }
    }

    /// The value as text; numbers in their shortest form.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Int(i) => Cow::Owned(i.to_string()),
            Self::Float(f) => Cow::Owned(f.to_string()),
            Self::Text(t) => Cow::Borrowed(t),
            Self::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
            Self::Nested => Cow::Borrowed("(nested)"),
        }
    }

    /// The value as text if it is not absent or empty.
    pub(super) fn some_text(&self) -> Option<Cow<'_, str>> {
        (!self.is_null()).then(|| self.text())
    }

    /// Whether the value is this word, in any case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Text(t) if t.trim().eq_ignore_ascii_case(word))
    }

    /// The value as a number; `None` if absent.
    ///
    /// # Errors
    /// A [`Fault`] naming `field` if it is something else.
    pub(super) fn number(&self, field: &'static str) -> Result<Option<f64>, Fault> {
        if self.is_null() {
            return Ok(None);
        }
        let read = match self {
            Self::Float(f) => Some(*f),
            #[expect(clippy::cast_precision_loss, reason = "metres and degrees are far below 2^53")]
            Self::Int(i) => Some(*i as f64),
            Self::Text(t) => t.trim().parse().ok(),
            _ => None,
        };
        read.map(Some).ok_or_else(|| self.fault(field, RejectReason::NotANumber))
    }

    /// The value as a whole number; `None` if absent.
    ///
    /// # Errors
    /// A [`Fault`] naming `field` if it is something else.
    pub(super) fn whole(&self, field: &'static str) -> Result<Option<i64>, Fault> {
        if self.is_null() {
            return Ok(None);
        }
        let read = match self {
            Self::Int(i) => Some(*i),
            Self::Text(t) => t.trim().parse().ok(),
            _ => None,
        };
        read.map(Some).ok_or_else(|| self.fault(field, RejectReason::NotANumber))
    }

    /// The value cannot be used in `field`.
    pub(super) fn fault(&self, field: &'static str, reason: RejectReason) -> Fault {
        Fault { field, value: self.text().into_owned(), reason }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Int(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(v).map_or_else(|_| Scalar::Text(Cow::Owned(v.to_string())), Scalar::Int))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(v))
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(v)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(v.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut kind = Scalar::Null;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            kind = Scalar::Nested;
        }
        Ok(kind)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kind = Scalar::Null;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            kind = Scalar::Nested;
        }
        Ok(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Scalar<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn numbers_are_read_from_numbers_and_from_text() {
        assert_eq!(read("18000").number("f"), Ok(Some(18000.0)));
        assert_eq!(read("\" 0.78 \"").number("f"), Ok(Some(0.78)));
        assert_eq!(read("\"49\"").whole("f"), Ok(Some(49)));
        assert_eq!(read("null").number("f"), Ok(None));
        assert_eq!(read("\"\"").whole("f"), Ok(None));
        for bad in ["\"12 m\"", "true", "[1]", "{\"a\":1}"] {
            assert_eq!(read(bad).number("f").unwrap_err().reason, RejectReason::NotANumber, "{bad}");
        }
        assert!(read("1.5").whole("f").is_err());
    }

    #[test]
    fn a_number_beyond_64_bits_keeps_its_digits() {
        assert_eq!(read("18446744073709551615").text(), "18446744073709551615");
        assert_eq!(read("-1937184013").text(), "-1937184013");
    }

    #[test]
    fn empty_arrays_and_objects_are_absent() {
        assert!(read("[]").is_null() && read("{}").is_null());
        assert_eq!(read("[[],{}]"), Scalar::Nested);
    }
}
