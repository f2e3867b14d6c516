//! Text from exhibits, made harmless: device names are written by strangers.
//!
//! A control sequence in a name could recolour or rewrite a terminal, a bidirectional override could reverse a line of
//! the report, and a leading `=` would run as a formula when a spreadsheet opens the file.

use std::fmt::Write as _;

/// Shows control, line-breaking and direction-changing characters as `\u{1b}` instead of sending them.
#[must_use]
pub fn neutral(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            // Writing to a String cannot fail.
            let _infallible = write!(plain, "\\u{{{:x}}}", u32::from(c));
        } else {
            plain.push(c);
        }
    }
    plain
}

/// [`neutral`] text of at most `max_chars` characters; a longer one ends in an ellipsis.
#[must_use]
pub fn shortened(text: &str, max_chars: usize) -> String {
    // The cut is made before the escapes, so that a huge name costs little.
    let head: String = text.chars().take(max_chars + 1).collect();
    let plain = neutral(&head);
    if plain.chars().count() <= max_chars {
        return plain;
    }
    plain.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect()
}

/// A text cell that no spreadsheet runs: a leading `=`, `+`, `-` or `@` gets a `'` before it.
///
/// Source: OWASP, "CSV Injection". The wide forms count as well: spreadsheets set to East Asian languages accept them.
#[must_use]
pub fn cell(text: &str) -> String {
    let plain = neutral(text);
    if plain.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        return format!("'{plain}");
    }
    plain
}

/// Whether a character acts on a terminal instead of being shown: controls, invisible marks, direction changes.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_cursor_or_turns_a_line_gets_through() {
        let hostile = "a\u{1b}[2J\r\nb\u{9b}31m\u{202e}c\u{2028}\u{0}\u{7f}é家";
        let plain = neutral(hostile);
        assert!(!plain.chars().any(is_unsafe), "{plain:?}");
        assert!(plain.starts_with("a\\u{1b}[2J\\u{d}\\u{a}b"));
        assert!(plain.ends_with("é家"), "letters of any script stay");
    }

    #[test]
    fn a_long_name_is_shortened_at_characters() {
        assert_eq!(shortened("ééé", 3), "ééé");
        assert_eq!(shortened("éééé", 3), "éé…");
        assert_eq!(shortened(&"\u{1b}".repeat(9), 8).chars().count(), 8);
    }

    #[test]
    fn a_formula_is_quoted_and_plain_text_is_not() {
        for formula in ["=cmd()", "+1", "-1", "@SUM(A1)", " =1", "＝1", "\u{feff}=1"] {
            let first = cell(formula).trim_start().chars().next();
            assert!(matches!(first, Some('\'' | '\\')), "{formula:?}");
        }
        assert_eq!(cell("a=b"), "a=b");
        assert_eq!(cell(""), "");
    }
}
