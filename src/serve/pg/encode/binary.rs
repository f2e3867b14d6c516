//! Values as PostgreSQL sends them in binary.

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's moments begin.
pub(in super::super) const EPOCH_US: i64 = 946_684_800_000_000;
/// Days between the same.
pub(in super::super) const EPOCH_DAYS: i32 = 10_957;

/// A number: groups of four decimal digits, with the first group's weight, sign and digits after the point.
pub(super) fn numeric(value: i128, scale: usize, out: &mut Vec<u8>) {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    let whole = format!("{whole:0>width$}", width = whole.len().div_ceil(4) * 4);
    let rest = format!("{rest:0<width$}", width = rest.len().div_ceil(4) * 4);
    let all = format!("{whole}{rest}");
    let groups = all.as_bytes().chunks(4).map(|group| group.iter().fold(0_i16, |n, d| n * 10 + i16::from(d - b'0')));
    let mut groups: Vec<i16> = groups.collect();
    let mut weight = i16::try_from(whole.len() / 4).unwrap_or(0) - 1;
    while groups.first() == Some(&0) {
        groups.remove(0);
        weight -= 1;
    }
    while groups.last() == Some(&0) {
        groups.pop();
    }
    if groups.is_empty() {
        weight = 0;
    }
    let count = i16::try_from(groups.len()).unwrap_or(0);
    let sign: i16 = if value < 0 { 0x4000 } else { 0 };
    for word in [count, weight, sign, i16::try_from(scale).unwrap_or(0)].into_iter().chain(groups) {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(value: i128, scale: usize) -> Vec<i16> {
        let mut out = Vec::new();
        numeric(value, scale, &mut out);
        out.chunks(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect()
    }

    #[test]
    fn numbers_are_groups_of_four_digits() {
        assert_eq!(words(0, 0), [0, 0, 0, 0]);
        assert_eq!(words(1, 0), [1, 0, 0, 0, 1]);
        assert_eq!(words(-12_345, 2), [2, 0, 0x4000, 2, 123, 4500]);
        assert_eq!(words(100_000_000, 0), [1, 2, 0, 0, 1]);
        assert_eq!(words(5, 5), [1, -2, 0, 5, 5000]);
    }
}
