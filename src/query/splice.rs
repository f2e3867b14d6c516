//! Words put into the text of a query where they stand, and nothing else of it changed. Pure.
//!
//! ```text
//!  text ─> tokens, each with the bytes it takes ─> edits ─> the text with them
//! ```
//! What is not replaced stays to the byte: quotes, escapes, `$$` bodies and comments. Printing a parsed query would not
//! keep them, because the parser's printer guesses which quotes are doubled already.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use datafusion::sql::sqlparser::dialect::{Dialect, GenericDialect};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};

/// A token, and the bytes of the text that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) bytes: Range<usize>,
}

/// The tokens of a text, blanks and comments among them, so that each byte is in one of them; `None` for what is no SQL.
pub(super) fn placed(sql: &str, dialect: &dyn Dialect) -> Option<Vec<Placed>> {
    // Quotes within quotes stay as they were written.
    let tokens = Tokenizer::new(dialect, sql).with_unescape(false).tokenize_with_location().ok()?;
    let mut place = Place::new(sql);
    let starts: Vec<usize> = tokens.iter().map(|token| place.of(token.span.start)).collect();
    let ends = starts.iter().skip(1).copied().chain([sql.len()]);
    let placed = tokens.into_iter().zip(starts.iter().copied().zip(ends));
    Some(placed.map(|(token, (start, end))| Placed { token: token.token, bytes: start..end }).collect())
}

/// What stands in place of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) bytes: Range<usize>,
    pub(super) text: String,
}

/// The text with its edits, which come in the order of the text.
pub(super) fn edited(sql: &str, edits: &[Edit]) -> String {
    let (mut out, mut from) = (String::with_capacity(sql.len()), 0);
    for Edit { bytes, text } in edits {
        out.push_str(sql.get(from..bytes.start).unwrap_or_default());
        out.push_str(text);
        from = bytes.end;
    }
    out.push_str(sql.get(from..).unwrap_or_default());
    out
}

/// A text as a literal of the engine, whose dialect knows one escape: the quote that is written twice.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Why a text cannot be given its parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// A parameter has no value.
    #[error("there is no value for the parameter {0}")]
    NoValue(String),
    /// A value has no parameter: one of the two is misspelt.
    #[error("the text has no parameter ${0}")]
    NoParameter(String),
}

/// The text with a literal for each parameter where it stands; `literals` are SQL by name, without `$`.
///
/// Only a placeholder is replaced: `$1` in quotes or in a comment is text. Those of a `PREPARE` are left for its `EXECUTE`.
/// What is no SQL is given back as it is, for the parser to say what is wrong.
///
/// # Errors
/// [`FillError`] for a parameter without a value, and for a value without a parameter.
pub fn filled(sql: &str, literals: &BTreeMap<String, String>) -> Result<String, FillError> {
    let Some(tokens) = placed(sql, &GenericDialect {}) else { return Ok(sql.to_owned()) };
    let (mut edits, mut used) = (Vec::new(), BTreeSet::new());
    let mut statement = Statement::Begins;
    for Placed { token, bytes } in tokens {
        statement = statement.after(&token);
        let Token::Placeholder(id) = token else { continue };
        if statement == Statement::Prepares {
            continue;
        }
        let name = id.strip_prefix('$').unwrap_or(&id).to_owned();
        let literal = literals.get(&name).ok_or(FillError::NoValue(id))?;
        edits.push(Edit { bytes, text: literal.clone() });
        used.insert(name);
    }
    match literals.keys().find(|name| !used.contains(*name)) {
        Some(name) => Err(FillError::NoParameter(name.clone())),
        None => Ok(edited(sql, &edits)),
    }
}

/// The text with its `?`, as JDBC and Python write parameters, as `$1`, `$2`, ... in their order, which the engine reads.
/// Those in quotes and comments are none.
#[must_use]
pub fn numbered(sql: &str) -> Cow<'_, str> {
    // What is no SQL is left as it is: the parser says so better.
    let tokens = placed(sql, &GenericDialect {}).unwrap_or_default().into_iter();
    let marks = tokens.filter(|placed| matches!(&placed.token, Token::Placeholder(mark) if mark == "?"));
    let edits: Vec<Edit> =
        (1_usize..).zip(marks).map(|(n, mark)| Edit { bytes: mark.bytes, text: format!("${n}") }).collect();
    if edits.is_empty() { Cow::Borrowed(sql) } else { Cow::Owned(edited(sql, &edits)) }
}

/// Where in a statement a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Statement {
    Begins,
    Prepares,
    Goes,
}

impl Statement {
    fn after(self, token: &Token) -> Self {
        match (self, token) {
            (_, Token::SemiColon) | (Self::Begins, Token::Whitespace(_)) => Self::Begins,
            (Self::Begins, Token::Word(word)) if word.keyword == Keyword::PREPARE => Self::Prepares,
            (Self::Begins, _) => Self::Goes,
            (other, _) => other,
        }
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
    use proptest::prelude::*;

    fn text(sql: &str, values: &[(&str, &str)]) -> Result<String, FillError> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        filled(sql, &values)
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
            ("SELECT 'a\\''$1', $1, ''''", "SELECT 'a\\''$1', (V), ''''"),
            ("SELECT E'it\\'s \\n $1', $1", "SELECT E'it\\'s \\n $1', (V)"),
            ("SELECT $$it's \\ $1$$, $1, $t$ $1 '' $t$", "SELECT $$it's \\ $1$$, (V), $t$ $1 '' $t$"),
            ("PREPARE p AS SELECT $1, 'a'; SELECT $1", "PREPARE p AS SELECT $1, 'a'; SELECT (V)"),
        ] {
            assert_eq!(text(sql, &[("1", "(V)")]).unwrap(), expected, "{sql}");
        }
        assert_eq!(text("SELECT $b, $a", &[("a", "1"), ("b", "2")]).unwrap(), "SELECT 2, 1");
        assert_eq!(text("nothing 'of SQL", &[("a", "1")]).unwrap(), "nothing 'of SQL");
    }

    #[test]
    fn a_value_too_few_or_too_many_is_named() {
        assert_eq!(text("SELECT $2", &[("1", "x")]), Err(FillError::NoValue("$2".to_owned())));
        assert_eq!(text("SELECT ?", &[]), Err(FillError::NoValue("?".to_owned())));
        assert_eq!(text("SELECT 1", &[("case", "x")]), Err(FillError::NoParameter("case".to_owned())));
        assert_eq!(text("SELECT '$1'", &[("1", "x")]), Err(FillError::NoParameter("1".to_owned())));
        assert_eq!(text("PREPARE p AS SELECT $1", &[("1", "x")]), Err(FillError::NoParameter("1".to_owned())));
    }

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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        /// Tokens leave no byte out and take none twice, whatever the text.
        #[test]
        fn tokens_are_the_text(sql in r#"(['"$\\a1E;é😀\r\n -]|\$\$|/\*|\*/|--|\PC){0,24}"#) {
            for dialect in [&GenericDialect {} as &dyn Dialect, &datafusion::sql::sqlparser::dialect::PostgreSqlDialect {}] {
                let Some(tokens) = placed(&sql, dialect) else { continue };
                let texts: String = tokens.iter().map(|token| &sql[token.bytes.clone()]).collect();
                prop_assert_eq!(&texts, &sql);
                prop_assert!(tokens.iter().all(|token| !token.bytes.is_empty()));
            }
        }
    }
}
