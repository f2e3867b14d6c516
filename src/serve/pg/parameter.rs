//! Values that a client sends for `$1`, `$2`, ..., in text or binary, as values of the engine.

use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano};
use datafusion::common::ScalarValue;
use jiff::tz::TimeZone;
use pgwire::api::Type;

use super::encode::{EPOCH_DAYS, EPOCH_US};
use super::fault::Fault;
use super::{interval, types};
use crate::time::moment_text;

/// One value; `None` is NULL. The zone is of moments in text that have no offset.
///
/// # Errors
/// 22P02 or 22007 if the text is no value of the type, 22P03 if the bytes are not.
pub(super) fn decode(
    value: Option<&[u8]>,
    as_binary: bool,
    wire: &Type,
    zone: &TimeZone,
) -> Result<ScalarValue, Fault> {
    let data_type = types::of_parameter(wire);
    let Some(bytes) = value else {
        return ScalarValue::try_from(&data_type).map_err(Fault::from);
    };
    if as_binary {
        return of_binary(bytes, wire, &data_type).ok_or_else(|| {
            Fault::new("22P03", format!("incorrect binary data format for a parameter of type {}", wire.name()))
        });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Fault::new("22021", "invalid byte sequence for encoding \"UTF8\" in a parameter"))?;
    of_text(text, wire, &data_type, zone)
}

fn of_text(text: &str, wire: &Type, data_type: &DataType, zone: &TimeZone) -> Result<ScalarValue, Fault> {
    let wrong = |code| Fault::new(code, format!("invalid input syntax for type {}: \"{text}\"", wire.name()));
    if let Some(element) = types::element_of(wire) {
        let elements = split_array(text).ok_or_else(|| wrong("22P02"))?;
        let values = elements.iter().map(|e| decode(e.as_deref().map(str::as_bytes), false, element, zone));
        return Ok(list_of(&values.collect::<Result<Vec<_>, _>>()?, element));
    }
    match data_type {
        DataType::Utf8 => Ok(ScalarValue::Utf8(Some(text.to_owned()))),
        DataType::Boolean => boolean(text).map(|b| ScalarValue::Boolean(Some(b))).ok_or_else(|| wrong("22P02")),
        DataType::Binary => hex(text).map(|bytes| ScalarValue::Binary(Some(bytes))).ok_or_else(|| wrong("22P02")),
        DataType::Decimal128(..) => numeric_text(text.trim()).ok_or_else(|| wrong("22P02")),
        DataType::Interval(_) => interval::parse(text)
            .map(|value| ScalarValue::IntervalMonthDayNano(Some(value)))
            .ok_or_else(|| wrong("22007")),
        DataType::Date32 => {
            moment_text::date_days(text).map(|d| ScalarValue::Date32(Some(d))).ok_or_else(|| wrong("22007"))
        }
        DataType::Time64(_) => {
            moment_text::time_us(text).map(|us| ScalarValue::Time64Microsecond(Some(us))).ok_or_else(|| wrong("22007"))
        }
        DataType::Timestamp(_, of) => moment_text::timestamp_us(text, of.as_ref().map(|_| zone))
            .map(|us| ScalarValue::TimestampMicrosecond(Some(us), of.clone()))
            .ok_or_else(|| wrong("22007")),
        _ => ScalarValue::try_from_string(text.trim().to_owned(), data_type).map_err(|_| wrong("22P02")),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "t" | "true" | "yes" | "on" | "1" | "y" => Some(true),
        "f" | "false" | "no" | "off" | "0" | "n" => Some(false),
        _ => None,
    }
}

/// `\x00ff`, or the text's own bytes.
fn hex(text: &str) -> Option<Vec<u8>> {
    let Some(digits) = text.strip_prefix("\\x") else { return Some(text.as_bytes().to_vec()) };
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(digit(*high)? << 4 | digit(*low)?) } else { None }).collect()
}

fn numeric_text(text: &str) -> Option<ScalarValue> {
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut scale = i32::try_from(fraction.len()).ok()? - exponent;
    while scale < 0 {
        value = value.checked_mul(10)?;
        scale += 1;
    }
    let scale = i8::try_from(scale).ok().filter(|s| *s <= 38)?;
    Some(ScalarValue::Decimal128(Some(value), 38, scale))
}

/// The elements of `{a,"b c",NULL}`, of one dimension.
fn split_array(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let (mut elements, mut chars) = (Vec::new(), inner.chars().peekable());
    while chars.peek().is_some() {
        let (mut element, mut quoted, mut inside) = (String::new(), false, false);
        while let Some(c) = chars.next() {
            match c {
                '"' => (quoted, inside) = (true, !inside),
                '\\' => element.push(chars.next()?),
                ',' if !inside => break,
                '{' | '}' if !inside => return None,
                // Blanks before an element, and around one in quotes, are no part of it.
                c if !inside && c.is_whitespace() && (quoted || element.is_empty()) => {}
                c => element.push(c),
            }
        }
        let null = !quoted && element.trim().eq_ignore_ascii_case("null");
        let element = if quoted { element } else { element.trim().to_owned() };
        elements.push((!null).then_some(element));
    }
    Some(elements)
}

fn list_of(values: &[ScalarValue], element: &Type) -> ScalarValue {
    ScalarValue::List(ScalarValue::new_list_nullable(values, &types::of_parameter(element)))
}

fn of_binary(bytes: &[u8], wire: &Type, data_type: &DataType) -> Option<ScalarValue> {
    if let Some(element) = types::element_of(wire) {
        return binary_array(bytes, element);
    }
    Some(match data_type {
        DataType::Boolean => ScalarValue::Boolean(Some(*bytes.first().filter(|_| bytes.len() == 1)? != 0)),
        DataType::Int16 => ScalarValue::Int16(Some(i16::from_be_bytes(bytes.try_into().ok()?))),
        DataType::Int32 => ScalarValue::Int32(Some(i32::from_be_bytes(bytes.try_into().ok()?))),
        DataType::Int64 if bytes.len() == 4 => {
            ScalarValue::Int64(Some(i64::from(u32::from_be_bytes(bytes.try_into().ok()?))))
        }
        DataType::Int64 => ScalarValue::Int64(Some(i64::from_be_bytes(bytes.try_into().ok()?))),
        DataType::Float32 => ScalarValue::Float32(Some(f32::from_be_bytes(bytes.try_into().ok()?))),
        DataType::Float64 => ScalarValue::Float64(Some(f64::from_be_bytes(bytes.try_into().ok()?))),
        DataType::Binary => ScalarValue::Binary(Some(bytes.to_vec())),
        DataType::Date32 => {
            ScalarValue::Date32(Some(i32::from_be_bytes(bytes.try_into().ok()?).checked_add(EPOCH_DAYS)?))
        }
        DataType::Time64(_) => ScalarValue::Time64Microsecond(Some(i64::from_be_bytes(bytes.try_into().ok()?))),
        DataType::Timestamp(_, zone) => {
            let us = i64::from_be_bytes(bytes.try_into().ok()?).checked_add(EPOCH_US)?;
            ScalarValue::TimestampMicrosecond(Some(us), zone.clone())
        }
        DataType::Interval(_) => binary_interval(bytes)?,
        DataType::Decimal128(..) => binary_numeric(bytes)?,
        _ => ScalarValue::Utf8(Some(std::str::from_utf8(bytes).ok()?.to_owned())),
    })
}

fn binary_interval(bytes: &[u8]) -> Option<ScalarValue> {
    let us = i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
    let days = i32::from_be_bytes(bytes.get(8..12)?.try_into().ok()?);
    let months = i32::from_be_bytes(bytes.get(12..16)?.try_into().ok()?);
    let value = IntervalMonthDayNano::new(months, days, us.checked_mul(1000)?);
    Some(ScalarValue::IntervalMonthDayNano(Some(value)))
}

/// Groups of four decimal digits, as `encode::binary` writes them.
fn binary_numeric(bytes: &[u8]) -> Option<ScalarValue> {
    let word = |at: usize| Some(i16::from_be_bytes(bytes.get(at * 2..at * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign, scale) = (word(0)?, word(1)?, word(2)?, word(3)?);
    if sign != 0 && sign != 0x4000 {
        return None;
    }
    let mut value: i128 = 0;
    for at in 0..usize::try_from(count).ok()? {
        value = value.checked_mul(10_000)?.checked_add(i128::from(word(4 + at)?))?;
    }
    // Digits after the point that the groups hold, and those that are wanted.
    let mut held = i32::from(count - 1 - weight) * 4;
    while held < i32::from(scale) {
        value = value.checked_mul(10)?;
        held += 1;
    }
    while held > i32::from(scale) {
        value /= 10;
        held -= 1;
    }
    let scale = i8::try_from(scale).ok().filter(|s| *s <= 38)?;
    Some(ScalarValue::Decimal128(Some(if sign == 0 { value } else { -value }), 38, scale))
}

fn binary_array(bytes: &[u8], element: &Type) -> Option<ScalarValue> {
    let word = |at: usize| Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    match word(0)? {
        0 => return Some(list_of(&[], element)),
        1 => {}
        _ => return None,
    }
    let (mut at, mut values) = (20, Vec::new());
    for _ in 0..word(12)? {
        let length = word(at)?;
        at += 4;
        let value = match usize::try_from(length) {
            Ok(length) => {
                let value = bytes.get(at..at.checked_add(length)?)?;
                at += length;
                Some(value)
            }
            Err(_) => None,
        };
        values.push(decode(value, true, element, &TimeZone::UTC).ok()?);
    }
    Some(list_of(&values, element))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::ArrayRef;
    use proptest::prelude::*;

    use super::super::encode::{Cells, Look};
    use super::*;

    /// A value written as a client reads it, and read back as a client sends it.
    fn round(value: &ScalarValue, wire: &Type, as_binary: bool) -> ScalarValue {
        let array: ArrayRef = value.to_array().unwrap();
        let mut out = Vec::new();
        Cells::of(&array, wire).unwrap().write(0, as_binary, &Look::default(), &mut out);
        decode(Some(&out[4..]), as_binary, wire, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn values_come_back_as_they_went() {
        let utc = Some(Arc::from("+00:00"));
        let list = list_of(&[ScalarValue::Float64(Some(1.5)), ScalarValue::Float64(None)], &Type::FLOAT8);
        let texts = list_of(&[ScalarValue::from("a,\"b\\"), ScalarValue::from("")], &Type::TEXT);
        for (value, wire) in [
            (ScalarValue::Boolean(Some(true)), Type::BOOL),
            (ScalarValue::Int16(Some(-3)), Type::INT2),
            (ScalarValue::Int32(Some(7)), Type::INT4),
            (ScalarValue::Int64(Some(i64::MIN)), Type::INT8),
            (ScalarValue::Float64(Some(-0.1)), Type::FLOAT8),
            (ScalarValue::Float32(Some(1e-7)), Type::FLOAT4),
            (ScalarValue::from("o'clock é"), Type::TEXT),
            (ScalarValue::Binary(Some(vec![0, 1, 255])), Type::BYTEA),
            (ScalarValue::Date32(Some(20_000)), Type::DATE),
            (ScalarValue::Time64Microsecond(Some(3_723_000_001)), Type::TIME),
            (ScalarValue::TimestampMicrosecond(Some(1_781_524_800_500_000), utc), Type::TIMESTAMPTZ),
            (ScalarValue::TimestampMicrosecond(Some(-1), None), Type::TIMESTAMP),
            (ScalarValue::Decimal128(Some(-1_234_500), 38, 4), Type::NUMERIC),
            (list, Type::FLOAT8_ARRAY),
            (texts, Type::TEXT_ARRAY),
        ] {
            assert_eq!(round(&value, &wire, true), value, "{wire} in binary");
            assert_eq!(round(&value, &wire, false), value, "{wire} in text");
        }
        let interval = ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(14, 3, 14_706_000_000_000)));
        assert_eq!(round(&interval, &Type::INTERVAL, true), interval);
        assert_eq!(round(&interval, &Type::INTERVAL, false), interval);
    }

    #[test]
    fn blanks_around_elements_are_no_part_of_them() {
        for text in ["{\"p\", \"f g\", h i }", "{ p,f g , \"h i\" }"] {
            let got = decode(Some(text.as_bytes()), false, &Type::TEXT_ARRAY, &TimeZone::UTC).unwrap();
            let wanted = decode(Some(b"{p,\"f g\",\"h i\"}"), false, &Type::TEXT_ARRAY, &TimeZone::UTC).unwrap();
            assert_eq!(got, wanted, "{text}");
        }
        let kept = decode(Some(b"{\" p \"}"), false, &Type::TEXT_ARRAY, &TimeZone::UTC).unwrap();
        assert_ne!(kept, decode(Some(b"{p}"), false, &Type::TEXT_ARRAY, &TimeZone::UTC).unwrap());
    }

    #[test]
    fn nonsense_is_told_with_its_type() {
        for (text, wire, code) in [
            ("x", Type::INT4, "22P02"),
            ("maybe", Type::BOOL, "22P02"),
            ("{1,{2}}", Type::INT4_ARRAY, "22P02"),
            ("yesterday-ish", Type::TIMESTAMPTZ, "22007"),
            ("\\xzz", Type::BYTEA, "22P02"),
        ] {
            let fault = decode(Some(text.as_bytes()), false, &wire, &TimeZone::UTC).unwrap_err();
            assert_eq!(fault.code, code, "{text}");
            assert!(fault.message.contains(text), "{}", fault.message);
        }
        assert_eq!(decode(Some(&[1]), true, &Type::INT8, &TimeZone::UTC).unwrap_err().code, "22P03");
        assert!(decode(None, true, &Type::INT8, &TimeZone::UTC).unwrap().is_null());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), as_binary: bool, which in 0_usize..16) {
            let wires = [
                Type::BOOL, Type::INT2, Type::INT4, Type::INT8, Type::FLOAT4, Type::FLOAT8, Type::NUMERIC, Type::BYTEA,
                Type::DATE, Type::TIME, Type::TIMESTAMP, Type::TIMESTAMPTZ, Type::INTERVAL, Type::TEXT,
                Type::FLOAT8_ARRAY, Type::TEXT_ARRAY,
            ];
            let _ = decode(Some(&bytes), as_binary, &wires[which], &TimeZone::UTC);
        }
    }
}
