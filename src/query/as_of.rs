//! `AS OF` in the text of a query: the table's name is replaced by one that says as of when. Pure.
//!
//! ```text
//!  fixes AS OF '2026-11-20T09:00:00Z'                    AS OF TIMESTAMP '...', FOR SYSTEM_TIME AS OF '...'
//!  fixes AS OF VERSION 12                                VERSION AS OF 12, FOR VERSION AS OF 12
//! ```
//! No dialect that the engine plans has it, so it is taken out of the words before the parser sees them. Words in quotes
//! and comments are no words.

use std::borrow::Cow;

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::keywords::{Keyword, RESERVED_FOR_TABLE_ALIAS};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::QueryError;
use super::catalogue::table_doc;
use super::splice::{Edit, Placed, edited, placed};
use super::tables::AsOf;
use crate::time::parse_iso;

/// The text with each `AS OF` put into the name of its table.
///
/// # Errors
/// [`QueryError::AsOf`] if what follows is no moment and no version, or what stands before is no table.
pub fn rewritten(sql: &str) -> Result<Cow<'_, str>, QueryError> {
    let Some(tokens) = placed(sql, &PostgreSqlDialect {}) else { return Ok(Cow::Borrowed(sql)) };
    let (mut edits, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let Some(found) = clause(&tokens, at)? else {
            at += 1;
            continue;
        };
        let rest = tokens.get(found.next..).unwrap_or_default();
        let mut text = quoted(&found.as_of.name(&found.table));
        if !has_alias(rest) {
            text.push_str(" AS ");
            text.push_str(&quoted(&found.table));
        }
        let end = rest.first().map_or(sql.len(), |next| next.bytes.start);
        edits.push(Edit { bytes: found.name_at..end, text });
        at = found.next;
    }
    Ok(if edits.is_empty() { Cow::Borrowed(sql) } else { Cow::Owned(edited(sql, &edits)) })
}

/// A name in quotes; tables' names have none in them.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// An `AS OF` that was found.
struct Clause {
    /// The table, in lower case as SQL reads names.
    table: String,
    as_of: AsOf,
    /// The byte at which the table's name begins.
    name_at: usize,
    /// The token with which the text goes on.
    next: usize,
}

/// The clause that begins at a token, if one does.
fn clause(tokens: &[Placed], at: usize) -> Result<Option<Clause>, QueryError> {
    let words = Words { tokens };
    let Some((kind, after)) = words.opening(at) else { return Ok(None) };
    let Some((next, as_of)) = words.moment(kind, after)? else { return Ok(None) };
    let before = tokens.get(..at).unwrap_or_default().iter();
    let named = before.rev().find(|placed| !matches!(placed.token, Token::Whitespace(_)));
    let Some(Placed { token: Token::Word(word), bytes }) = named else {
        return Err(QueryError::AsOf("it must follow the name of a table".to_owned()));
    };
    let table = if word.quote_style.is_some() { word.value.clone() } else { word.value.to_ascii_lowercase() };
    if table_doc(&table).is_none() {
        return Err(QueryError::AsOf(format!("{table} is no table that has versions")));
    }
    Ok(Some(Clause { table, as_of, name_at: bytes.start, next }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Either,
    Version,
    Time,
}

struct Words<'a> {
    tokens: &'a [Placed],
}

impl Words<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|placed| &placed.token)
    }

    /// The first token from here on that is no blank.
    fn skip(&self, mut at: usize) -> usize {
        while matches!(self.token(at), Some(Token::Whitespace(_))) {
            at += 1;
        }
        at
    }

    /// Where the text goes on after these words, if they stand here.
    fn all(&self, mut at: usize, words: &[&str]) -> Option<usize> {
        for wanted in words {
            at = self.skip(at);
            match self.token(at) {
                Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(wanted) => at += 1,
                _ => return None,
            }
        }
        Some(at)
    }

    fn opening(&self, at: usize) -> Option<(Wanted, usize)> {
        const OPENINGS: [(&[&str], Wanted); 8] = [
            (&["for", "system_time", "as", "of"], Wanted::Time),
            (&["for", "timestamp", "as", "of"], Wanted::Time),
            (&["for", "version", "as", "of"], Wanted::Version),
            (&["timestamp", "as", "of"], Wanted::Time),
            (&["version", "as", "of"], Wanted::Version),
            (&["as", "of", "timestamp"], Wanted::Time),
            (&["as", "of", "version"], Wanted::Version),
            (&["as", "of"], Wanted::Either),
        ];
        // A blank opens nothing: what stands after it does, and is looked at in its turn.
        if !matches!(self.token(at), Some(Token::Word(_))) {
            return None;
        }
        OPENINGS.iter().find_map(|(words, wanted)| Some((*wanted, self.all(at, words)?)))
    }

    /// The moment or version from here on; `None` if it is an `AS of` that names a column.
    fn moment(&self, wanted: Wanted, at: usize) -> Result<Option<(usize, AsOf)>, QueryError> {
        let at = self.skip(at);
        match (self.token(at), wanted) {
            (Some(Token::Number(digits, _)), Wanted::Version) => {
                let version = digits.parse().map_err(|_| QueryError::AsOf(format!("{digits} is no version")))?;
                Ok(Some((at + 1, AsOf::Version(version))))
            }
            (Some(Token::SingleQuotedString(text)), Wanted::Time | Wanted::Either) => {
                let read = parse_iso(text, None);
                let read = read.map_err(|e| QueryError::AsOf(format!("{text:?}: {e}; write 2026-11-20T09:00:00Z")))?;
                Ok(Some((at + 1, AsOf::Time(read.t0_us))))
            }
            (_, Wanted::Either) => Ok(None),
            (_, Wanted::Version) => Err(QueryError::AsOf("a version is a whole number".to_owned())),
            (_, Wanted::Time) => {
                Err(QueryError::AsOf("a moment is written in quotes, such as '2026-11-20T09:00:00Z'".to_owned()))
            }
        }
    }
}

/// Whether an alias follows.
fn has_alias(rest: &[Placed]) -> bool {
    match rest.iter().map(|placed| &placed.token).find(|t| !matches!(t, Token::Whitespace(_))) {
        Some(Token::Word(word)) => {
            word.quote_style.is_some()
                || word.keyword == Keyword::AS
                || !RESERVED_FOR_TABLE_ALIAS.contains(&word.keyword)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str) -> String {
        rewritten(sql).unwrap().into_owned()
    }

    #[test]
    fn what_stands_in_quotes_beside_it_stays_as_it_was() {
        let sql = r#"SELECT 'it''s', 'a\', "a""b" FROM fixes AS OF VERSION 3 f WHERE x = '''' AND y <> 'b'"#;
        assert_eq!(text(sql), sql.replace("fixes AS OF VERSION 3", "\"fixes@v3\""));
        let sql =
            "SELECT E'it\\'s \\n', $$a 'b' \\$$, U&'\\00e9', 'é😀' -- o'clock\n FROM fixes AS OF VERSION 3\tf /* '' */";
        assert_eq!(text(sql), sql.replace("fixes AS OF VERSION 3", "\"fixes@v3\""));
    }

    #[test]
    fn each_way_of_writing_it_gives_the_table_as_of_then() {
        let t = "\"fixes@t1748779200000000\"";
        for (sql, expected) in [
            ("SELECT 1 FROM fixes AS OF VERSION 3", "SELECT 1 FROM \"fixes@v3\" AS \"fixes\"".to_owned()),
            ("SELECT 1 FROM Fixes VERSION AS OF 3 f", "SELECT 1 FROM \"fixes@v3\" f".to_owned()),
            ("SELECT 1 FROM fixes FOR VERSION AS OF 3 AS f", "SELECT 1 FROM \"fixes@v3\" AS f".to_owned()),
            ("FROM fixes AS OF '2025-06-01T12:00:00Z' WHERE x", format!("FROM {t} AS \"fixes\" WHERE x")),
            ("FROM fixes as of timestamp '2025-06-01T13:00:00+01:00'", format!("FROM {t} AS \"fixes\"")),
            ("FROM fixes FOR SYSTEM_TIME AS OF '2025-06-01T12:00:00Z', x", format!("FROM {t} AS \"fixes\", x")),
        ] {
            assert_eq!(text(sql), expected, "{sql}");
        }
        let two = text("FROM fixes AS OF VERSION 1 a JOIN cases AS OF VERSION 2 ON true");
        assert_eq!(two, "FROM \"fixes@v1\" a JOIN \"cases@v2\" AS \"cases\" ON true");
    }

    #[test]
    fn what_is_no_clause_is_left_as_it_is() {
        for sql in [
            "SELECT t0 AS of FROM fixes",
            "SELECT 'fixes AS OF VERSION 3'",
            "SELECT 1 -- fixes AS OF VERSION 3",
            "SELECT \"as\" of FROM fixes",
            "SELECT TIMESTAMP '2025-06-01' AS x",
            "not 'SQL",
        ] {
            assert_eq!(text(sql), sql);
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (sql, says) in [
            ("FROM fixes AS OF 'yesterday'", "yesterday"),
            ("FROM fixes AS OF '2025-06-01T12:00:00'", "2025-06-01"),
            ("FROM fixes AS OF VERSION 'x'", "whole number"),
            ("FROM fixes AS OF VERSION 99999999999999999999", "no version"),
            ("FROM fixes AS OF TIMESTAMP now()", "quotes"),
            ("FROM (SELECT 1) AS OF VERSION 3", "name of a table"),
            ("FROM nothing AS OF VERSION 3", "nothing"),
        ] {
            let error = rewritten(sql).unwrap_err().to_string();
            assert!(error.contains(says), "{sql}: {error}");
        }
    }
}
