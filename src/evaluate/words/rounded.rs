//! Quantities as a sentence says them: as many digits as a reader can use; the figures carry the rest.

/// A length in metres: whole metres below 100, tens below 10 km, hundreds beyond. Not-a-number is `an unknown number of`.
pub(in crate::evaluate) fn metres(m: f64) -> String {
    let step = match m.abs() {
        m if m < 100.0 => 1.0,
        m if m < 10_000.0 => 10.0,
        _ => 100.0,
    };
    number((m / step).round() * step, 0)
}

/// A speed in metres per second, to a tenth.
pub(in crate::evaluate) fn speed(m_s: f64) -> String {
    number(m_s, 1)
}

fn number(x: f64, digits: usize) -> String {
    if x.is_finite() { format!("{:.digits$}", x + 0.0) } else { "an unknown number of".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_rounded_as_they_grow() {
        assert_eq!([12.4, 99.6, 1_234.0, 9_996.0, 12_345.0].map(metres), ["12", "100", "1230", "10000", "12300"]);
        assert_eq!(metres(-0.0), "0");
        assert_eq!(metres(f64::NAN), "an unknown number of");
        assert_eq!(speed(13.44), "13.4");
    }
}
