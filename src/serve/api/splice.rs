//! Values for the parameters of a text: each `$name` is replaced where it stands by the literal of its value. Pure.
//!
//! Only a placeholder is replaced; `$1` in quotes or in a comment is text. The rest of what was written stays to the byte.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};

use super::problem::Problem;

/// The text with a literal for each parameter; `literals` are SQL by name, without `$`.
///
/// # Errors
/// 42P02 for a parameter without a value, and for a value without a parameter: one of them is misspelt.
pub(super) fn filled(sql: &str, literals: &BTreeMap<String, String>) -> Result<String, Problem> {
    // What is no SQL is told by the parser, which says it better.
    let tokens = Tokenizer::new(&GenericDialect {}, sql).with_unescape(false).tokenize_with_location();
    let tokens = tokens.unwrap_or_default();
    let (mut out, mut from, mut used) = (String::with_capacity(sql.len()), 0, BTreeSet::new());
    let mut place = Place::new(sql);
    for token in tokens {
        let Token::Placeholder(id) = token.token else { continue };
        let name = id.strip_prefix('$').unwrap_or(&id);
        let literal = literals.get(name).ok_or_else(|| {
            Problem::of_request(
                "42P02",
                format!("there is no value for the parameter {id}: parameters are $1, $2 or $name"),
            )
        })?;
        let at = place.of(token.span.start);
        out.push_str(sql.get(from..at).unwrap_or_default());
        out.push_str(literal);
        from = at + id.len();
        used.insert(name.to_owned());
    }
    out.push_str(sql.get(from..).unwrap_or_default());
    match literals.keys().find(|name| !used.contains(*name)) {
        Some(name) => Err(Problem::of_request("42P02", format!("the text has no parameter ${name}"))),
        None => Ok(out),
    }
}

/// Where lines and columns are in bytes; asked in the order of the text.
struct Place<'a> {
    chars: std::str::CharIndices<'a>,
    next: Location,
    end: usize,
}

impl<'a> Place<'a> {
    fn new(text: &'a str) -> Self {
        Self { chars: text.char_indices(), next: Location { line: 1, column: 1 }, end: text.len() }
    }

    fn of(&mut self, wanted: Location) -> usize {
        while self.next < wanted {
            match self.chars.next() {
                Some((_, '\n')) => self.next = Location { line: self.next.line + 1, column: 1 },
                Some(_) => self.next.column += 1,
                None => return self.end,
            }
        }
        self.chars.offset()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str, values: &[(&str, &str)]) -> Result<String, String> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        filled(sql, &values).map_err(|p| p.detail)
    }

    #[test]
    fn a_parameter_is_replaced_where_it_stands_and_nothing_else() {
        for (sql, expected) in [
            ("SELECT $1", "SELECT (V)"),
            ("SELECT $1+$1", "SELECT (V)+(V)"),
            ("SELECT 'é$1', \"$1\", $1 -- $1\n, /* $1\n */ $1", "SELECT 'é$1', \"$1\", (V) -- $1\n, /* $1\n */ (V)"),
            ("SELECT 'o''$1',\n\t$1\r\n", "SELECT 'o''$1',\n\t(V)\r\n"),
            ("SELECT '\\', $1, '\\'", "SELECT '\\', (V), '\\'"),
            ("SELECT '😀', $1, '😀'", "SELECT '😀', (V), '😀'"),
        ] {
            assert_eq!(text(sql, &[("1", "(V)")]).unwrap(), expected, "{sql}");
        }
        assert_eq!(text("SELECT $b, $a", &[("a", "1"), ("b", "2")]).unwrap(), "SELECT 2, 1");
        assert_eq!(text("nothing 'of SQL", &[]).unwrap(), "nothing 'of SQL");
    }

    #[test]
    fn a_value_too_few_or_too_many_is_named() {
        assert!(text("SELECT $2", &[("1", "x")]).unwrap_err().contains("$2"));
        assert!(text("SELECT 1", &[("case", "x")]).unwrap_err().contains("$case"));
        assert!(text("SELECT '$1'", &[("1", "x")]).unwrap_err().contains("$1"));
        assert!(text("SELECT ?", &[]).unwrap_err().contains("$1"));
    }
}
