//! `?` in the text of a question, as JDBC and Python write it, becomes `$1`, `$2`, ..., which the engine reads. Pure.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// The text with its `?` numbered in their order; those in quotes and comments are none.
pub(super) fn numbered(sql: &str) -> Cow<'_, str> {
    // A text that is no SQL is left as it is: the parser says so better.
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location() else {
        return Cow::Borrowed(sql);
    };
    let marks = tokens.iter().filter(|token| matches!(&token.token, Token::Placeholder(mark) if mark == "?"));
    let places: BTreeSet<(u64, u64)> = marks.map(|token| (token.span.start.line, token.span.start.column)).collect();
    if places.is_empty() {
        return Cow::Borrowed(sql);
    }
    let (mut out, mut number) = (String::with_capacity(sql.len() + places.len()), 0_usize);
    let (mut line, mut column) = (1_u64, 1_u64);
    for letter in sql.chars() {
        if letter == '?' && places.contains(&(line, column)) {
            number += 1;
            // Writing to a String cannot fail.
            _ = write!(out, "${number}");
        } else {
            out.push(letter);
        }
        (line, column) = if letter == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_numbered_in_their_order() {
        assert_eq!(
            numbered("SELECT ?, x FROM t\nWHERE é = ? AND y IN (?, ?)"),
            "SELECT $1, x FROM t\nWHERE é = $2 AND y IN ($3, $4)"
        );
        assert_eq!(numbered("SELECT 'é', 'a\nb' || ?"), "SELECT 'é', 'a\nb' || $1");
    }

    #[test]
    fn a_text_without_them_and_what_is_no_mark_is_left_as_it_is() {
        for sql in ["SELECT $1", "SELECT '?', \"?\" -- ?\n/* ? */", "SELECT ?1", "not 'SQL ?"] {
            assert!(matches!(numbered(sql), Cow::Borrowed(same) if same == sql), "{sql}");
        }
    }
}
