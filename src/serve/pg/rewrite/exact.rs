//! A statement as text in which every text has the value that was read.
//!
//! The parser's own printer guesses which quotes of a text are doubled already, so that `'\'''` and `''''''` come out as
//! other texts. Here each is written by our one rule for literals ([`quoted`]), whichever way it was given: `'...'`,
//! `E'...'`, `U&'...'`, `N'...'` or `$$...$$`.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Statement, Value, ValueWithSpan, VisitMut, VisitorMut};

use crate::query::quoted;

/// The text of a statement.
pub(in super::super) fn printed(mut statement: Statement) -> String {
    let _ = VisitMut::visit(&mut statement, &mut Exact);
    statement.to_string()
}

struct Exact;

impl VisitorMut for Exact {
    type Break = ();

    fn post_visit_value(&mut self, given: &mut ValueWithSpan) -> ControlFlow<()> {
        let text = match &given.value {
            Value::SingleQuotedString(text)
            | Value::EscapedStringLiteral(text)
            | Value::UnicodeStringLiteral(text)
            | Value::NationalStringLiteral(text) => quoted(text),
            Value::DollarQuotedString(body) => quoted(&body.value),
            _ => return ControlFlow::Continue(()),
        };
        // A placeholder is printed as it is.
        given.value = Value::Placeholder(text);
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::{GenericDialect, PostgreSqlDialect};
    use datafusion::sql::sqlparser::parser::Parser;
    use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
    use proptest::prelude::*;

    use super::*;

    /// What the engine's dialect reads in what was printed.
    fn read_again(sql: &str) -> Vec<String> {
        let printed = printed(Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0));
        let tokens = Tokenizer::new(&GenericDialect {}, &printed).tokenize().unwrap();
        let text = |token| if let Token::SingleQuotedString(text) = token { Some(text) } else { None };
        tokens.into_iter().filter_map(text).collect()
    }

    #[test]
    fn each_way_of_writing_a_text_keeps_its_value() {
        let sql = "SELECT 'it''s', '\\''', '''''', 'a\\', E'it\\'s\\n\\\\', $$a 'b' \\ $1$$, $t$it's$t$, U&'\\00e9', N'n''n', 'é😀 -- $1' \
                   FROM t WHERE a LIKE '\\''%' ESCAPE '\\' AND b = timestamp '2026-06-15' -- $1";
        let wanted = [
            "it's",
            "\\'",
            "''",
            "a\\",
            "it's\n\\",
            "a 'b' \\ $1",
            "it's",
            "é",
            "n'n",
            "é😀 -- $1",
            "\\'%",
            "\\",
            "2026-06-15",
        ];
        assert_eq!(read_again(sql), wanted);
        let interval =
            printed(Parser::parse_sql(&PostgreSqlDialect {}, "SELECT INTERVAL '1 day', $1").unwrap().remove(0));
        assert_eq!(interval, "SELECT INTERVAL '1 day', $1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn a_text_of_quotes_and_backslashes_is_read_again_as_it_was(text in r#"['"\\$a1;é -]{0,12}"#) {
            prop_assert_eq!(read_again(&format!("SELECT {}", quoted(&text))), [text]);
        }
    }
}
