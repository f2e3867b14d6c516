//! The words for a likelihood ratio, as a table with its source: sources differ, so the table used is printed.

/// One band of a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Log10 of the ratio that it begins above.
    pub above_log10: f64,
    /// The word for the support.
    pub word: &'static str,
}

/// A verbal scale. A ratio of exactly a limit is in the weaker band; below 1 the reciprocal is read, for the other side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Its name.
    pub name: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// Its bands, from weak to strong; the first begins above 1.
    pub bands: &'static [Band],
}

const fn band(above_log10: f64, word: &'static str) -> Band {
    Band { above_log10, word }
}

/// The scale of the European Network of Forensic Science Institutes.
pub const ENFSI_2015: Scale = Scale {
    name: "ENFSI 2015",
    source: "ENFSI Guideline for Evaluative Reporting in Forensic Science (2015)",
    bands: &[
        band(0.0, "weak"),
        band(1.0, "moderate"),
        band(2.0, "moderately strong"),
        band(3.0, "strong"),
        band(4.0, "very strong"),
        band(6.0, "extremely strong"),
    ],
};

/// The scale of the Association of Forensic Science Providers.
pub const AFSP_2009: Scale = Scale {
    name: "AFSP 2009",
    source: "Association of Forensic Science Providers, Science and Justice 49 (2009) 161-164",
    bands: &[
        band(0.0, "weak or limited"),
        band(1.0, "moderate"),
        band(2.0, "moderately strong"),
        band(3.0, "strong"),
        band(4.0, "very strong"),
        band(6.0, "extremely strong"),
    ],
};

impl Scale {
    /// The word for a ratio or its reciprocal; `None` where it is 1.
    #[must_use]
    pub fn word(&self, log10_lr: f64) -> Option<&'static str> {
        let strength = log10_lr.abs();
        self.bands.iter().rev().find(|b| strength > b.above_log10).map(|b| b.word)
    }

    /// The table in one line, as it is printed with every ratio.
    #[must_use]
    pub fn table(&self) -> String {
        let limit = |b: &Band| grouped(libm::exp10(b.above_log10));
        let row = |(n, band): (usize, &Band)| {
            let to = self.bands.get(n + 1).map_or_else(String::new, |next| format!(" to {}", limit(next)));
            format!("above {}{to}: {}", limit(band), band.word)
        };
        let rows: Vec<String> = std::iter::once("1: no support for either".to_owned())
            .chain(self.bands.iter().enumerate().map(row))
            .collect();
        rows.join("; ")
    }
}

/// A ratio of 1 or more as it may be said: two digits, rounded towards 1.
#[must_use]
pub fn said(ratio: f64) -> f64 {
    if !ratio.is_finite() || ratio < 1.0 {
        return 1.0;
    }
    // A hair more, so that 20 is not said as 19 for the last digit of a logarithm.
    let unit = libm::exp10(libm::floor(libm::log10(ratio) + 1e-12) - 1.0);
    (libm::floor(ratio / unit + 1e-9) * unit * 10.0).round() / 10.0
}

/// A number of 1 or more with a comma between thousands, and one decimal below 10 if it has one.
#[must_use]
pub fn grouped(number: f64) -> String {
    if number < 10.0 && number.fract() > 0.04 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (n, c) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_read_from_one_table() {
        // ENFSI 2015: 2-10 weak, 10-100 moderate, 100-1,000 moderately strong, 1,000-10,000 strong,
        // 10,000-1,000,000 very strong, 1,000,000 and above extremely strong.
        let table =
            [(2.0, "weak"), (50.0, "moderate"), (500.0, "moderately strong"), (5e3, "strong"), (5e5, "very strong")];
        for (ratio, word) in table.into_iter().chain([(2e6, "extremely strong"), (10.0, "weak"), (100.0, "moderate")]) {
            let log = f64::log10(ratio);
            assert_eq!(ENFSI_2015.word(log), Some(word), "{ratio}");
            assert_eq!(ENFSI_2015.word(-log), Some(word), "1/{ratio}");
        }
        assert_eq!(ENFSI_2015.word(0.0), None);
        assert_eq!(AFSP_2009.word(0.5), Some("weak or limited"));
    }

    #[test]
    fn the_table_is_printed_whole() {
        let text = ENFSI_2015.table();
        assert!(
            text.starts_with("1: no support for either; above 1 to 10: weak; above 10 to 100: moderate;"),
            "{text}"
        );
        assert!(text.ends_with("above 10,000 to 1,000,000: very strong; above 1,000,000: extremely strong"), "{text}");
    }

    #[test]
    fn a_ratio_is_said_with_two_digits_and_never_stronger_than_it_is() {
        let table =
            [(1.04, "1"), (1.19, "1.1"), (9.99, "9.9"), (10.0, "10"), (20.0, "20"), (47.9, "47"), (12_999.0, "12,000")];
        for (ratio, text) in table {
            assert_eq!(grouped(said(ratio)), text, "{ratio}");
        }
        assert_eq!(said(f64::INFINITY), 1.0, "what is not finite is not said");
    }
}
