//! A cursor over JSON text that reads only what is plain, and leaves everything else.
//!
//! `None` never says that the text is wrong; it says that the general reader is to look at it. What is read, it reads
//! as `serde_json` does: a text without escapes, a number that is one exact division, `true`, `false` and `null`.

/// Where reading stands in a text.
#[derive(Debug)]
pub(super) struct PlainScan<'a> {
    text: &'a str,
    at: usize,
}

/// A number as written: `digits / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PlainNumber<'a> {
    negative: bool,
    digits: u64,
    scale: usize,
    /// The text of the number.
    pub(super) text: &'a str,
}

/// More digits than this may not fit in 64 bits.
const MAX_DIGITS: usize = 18;
/// Whole numbers up to here are exact as `f64`, and so are the powers of ten below; their quotient is rounded once.
///
/// Source: Clinger, "How to read floating point numbers accurately", 1990.
const MAX_EXACT: u64 = 1 << 53;
const POWERS: [f64; MAX_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// Whether a byte may stand in a text as it is.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        plain[byte] = false;
        byte += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

impl PlainNumber<'_> {
    /// The number; `None` if it takes more than one exact division.
    #[inline]
    pub(super) fn value(&self) -> Option<f64> {
        if self.digits > MAX_EXACT {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
        let size = self.digits as f64 / POWERS.get(self.scale)?;
        Some(if self.negative { -size } else { size })
    }

    /// The whole number, if it is written as one; zero has no sign.
    #[inline]
    pub(super) fn whole(&self) -> Option<i64> {
        let size = i64::try_from(self.digits).ok()?;
        match (self.scale, self.negative) {
            (0, false) => Some(size),
            (0, true) if size > 0 => Some(-size),
            _ => None,
        }
    }
}

impl<'a> PlainScan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte that comes next, past white space; `None` at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Takes this byte, past white space.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Takes a text.
    #[inline]
    pub(super) fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let rest = self.text.as_bytes().get(self.at..)?;
        let length = rest.iter().position(|byte| !PLAIN[usize::from(*byte)])?;
        if rest.get(length) != Some(&b'"') {
            return None;
        }
        let text = self.text.get(self.at..self.at + length)?;
        self.at += length + 1;
        Some(text)
    }

    /// Takes a number without an exponent.
    #[inline]
    pub(super) fn number(&mut self) -> Option<PlainNumber<'a>> {
        let negative = self.peek()? == b'-';
        let start = self.at;
        self.at += usize::from(negative);
        let mut digits = 0;
        let whole = self.digits(&mut digits)?;
        let leads_with_zero = self.text.as_bytes().get(self.at - whole) == Some(&b'0');
        if leads_with_zero && whole > 1 {
            return None;
        }
        let mut scale = 0;
        if self.text.as_bytes().get(self.at) == Some(&b'.') {
            self.at += 1;
            scale = self.digits(&mut digits)?;
        }
        if whole + scale > MAX_DIGITS || matches!(self.text.as_bytes().get(self.at), Some(b'e' | b'E')) {
            return None;
        }
        Some(PlainNumber { negative, digits, scale, text: self.text.get(start..self.at)? })
    }

    /// Takes one digit or more, appends them to `value`, and says how many; what overflows is refused later.
    #[inline]
    fn digits(&mut self, value: &mut u64) -> Option<usize> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let mut n = 0;
        for byte in rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            *value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            n += 1;
        }
        self.at += n;
        (n > 0).then_some(n)
    }

    /// Takes `true` or `false`.
    pub(super) fn flag(&mut self) -> Option<bool> {
        let value = self.peek()? == b't';
        self.word(if value { "true" } else { "false" })?;
        Some(value)
    }

    /// Passes over a text, number, `true`, `false` or `null`.
    pub(super) fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            b'n' => self.word("null"),
            _ => self.flag().map(drop),
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let end = self.at + word.len();
        (self.text.get(self.at..end)? == word).then(|| self.at = end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Option<f64> {
        let mut scan = PlainScan::new(text);
        let number = scan.number()?;
        (scan.peek().is_none()).then(|| number.value())?
    }

    #[test]
    fn numbers_that_are_not_json_or_not_plain_are_left_alone() {
        assert_eq!(number("51.4769"), Some(51.4769));
        assert_eq!(number("-0.5"), Some(-0.5));
        assert_eq!(number("0"), Some(0.0));
        for odd in ["", "-", "+1", "01", "-01.5", "1.", ".5", "1e3", "1.5E3", "9007199254740993", "1234567890123456789"]
        {
            assert_eq!(number(odd), None, "{odd}");
        }
        assert_eq!(PlainScan::new("-0").number().unwrap().whole(), None, "serde_json reads it as a fraction");
        assert_eq!(PlainScan::new("5.0").number().unwrap().whole(), None);
        assert_eq!(PlainScan::new("-17").number().unwrap().whole(), Some(-17));
    }

    #[test]
    fn texts_with_escapes_or_control_characters_are_left_alone() {
        assert_eq!(PlainScan::new(" \t\"é\u{7f}\"").string(), Some("é\u{7f}"));
        for odd in ["\"a\\n\"", "\"a\nb\"", "\"a", "a", "\"a\0\""] {
            assert_eq!(PlainScan::new(odd).string(), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_the_general_reader_reads_it(text in "-?[0-9]{1,10}(\\.[0-9]{0,10})?(e[0-9])?") {
            if let Some(value) = number(&text) {
                let general: f64 = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(value.to_bits(), general.to_bits(), "{}", text);
                prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{}", text);
            }
        }
    }
}
