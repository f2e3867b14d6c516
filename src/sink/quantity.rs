//! Numbers as a person reads them: with their unit, and never rounded into a certainty.

/// A distance: `9.4 m`, `640.0 m` or `12.35 km` from ten kilometres on; `unknown` if it is not finite.
pub(super) fn metres(distance_m: f64) -> String {
    if !distance_m.is_finite() {
        "unknown".to_owned()
    } else if distance_m < 10_000.0 {
        format!("{distance_m:.1} m")
    } else {
        format!("{:.2} km", distance_m / 1_000.0)
    }
}

/// A probability to three places. What is not exactly 0 or 1 is not printed as 0 or 1.
pub(super) fn probability(p: f64) -> String {
    if !p.is_finite() {
        "unknown".to_owned()
    } else if p > 0.0 && p < 0.001 {
        "<0.001".to_owned()
    } else if p < 1.0 && p > 0.999 {
        ">0.999".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// A count with commas: `1,234,567`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}

/// A count and its noun: `1 fix`, `2 fixes`.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A position, latitude first, to about a decimetre.
pub(super) fn position(lat_deg: f64, lon_deg: f64) -> String {
    format!("{lat_deg:.6}, {lon_deg:.6}")
}

/// Microseconds as seconds; exact for every time a record can have.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 microseconds, which is 285 years")]
pub(super) fn seconds(us: i64) -> f64 {
    us as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_never_makes_a_certainty() {
        assert_eq!(probability(1.0), "1.000");
        assert_eq!(probability(0.0), "0.000");
        assert_eq!(probability(0.999_9), ">0.999");
        assert_eq!(probability(0.000_1), "<0.001");
        assert_eq!(probability(0.25), "0.250");
        assert_eq!(probability(f64::NAN), "unknown");
    }

    #[test]
    fn units_and_commas() {
        assert_eq!(metres(9.44), "9.4 m");
        assert_eq!(metres(12_345.0), "12.35 km");
        assert_eq!(metres(f64::INFINITY), "unknown");
        assert_eq!((count(0), count(999), count(1_000)), ("0".into(), "999".into(), "1,000".into()));
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!((counted(1, "fix", "fixes"), counted(0, "fix", "fixes")), ("1 fix".into(), "0 fixes".into()));
    }
}
