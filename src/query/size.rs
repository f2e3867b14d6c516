//! How large a question may be: what would take the machine to read, and not only to answer, is refused.
//!
//! Expressions are trees that are walked, and let go of, by functions that call themselves: their depth is bounded by the
//! words of the text, so that no text can use up the stack.

use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::QueryError;

/// The longest text, bytes.
const TEXT_BYTES: usize = 256 * 1024;
/// The most words and signs in it.
const TOKENS: usize = 10_000;
/// The most signs and words that put one expression into another: what bounds the depth of an expression.
const OPERATORS: usize = 500;
/// The most values in one list.
const LIST_VALUES: usize = 5_000;

fn limit(detail: String) -> QueryError {
    QueryError::Limit { limit: "size", detail }
}

/// Refuses a text that is too long to be read, whatever it says.
///
/// # Errors
/// [`QueryError::Limit`] that says how long it may be.
pub fn check_length(sql: &str) -> Result<(), QueryError> {
    match sql.len() {
        0..=TEXT_BYTES => Ok(()),
        bytes => Err(limit(format!("{bytes} bytes of text, at most {TEXT_BYTES}"))),
    }
}

/// Refuses a text that is too large to be planned.
///
/// # Errors
/// [`QueryError::Limit`] that says how large it may be. A text that is no SQL passes: the parser says so better.
pub fn check_text(sql: &str) -> Result<(), QueryError> {
    check_length(sql)?;
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else { return Ok(()) };
    let words = tokens.iter().filter(|t| !matches!(t, Token::Whitespace(_))).count();
    if words > TOKENS {
        return Err(limit(format!("{words} words and signs, at most {TOKENS}")));
    }
    let operators = tokens.iter().filter(|t| joins(t)).count();
    if operators > OPERATORS {
        return Err(limit(format!("{operators} operators, at most {OPERATORS}; a list is written with IN")));
    }
    Ok(())
}

/// Whether a word or sign puts one expression into another.
fn joins(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            ["AND", "OR", "NOT", "UNION", "EXCEPT", "INTERSECT", "JOIN", "IS", "LIKE", "ILIKE", "BETWEEN", "IN"]
                .iter()
                .any(|w| word.value.eq_ignore_ascii_case(w))
        }
        Token::Number(..)
        | Token::Comma
        | Token::SemiColon
        | Token::Period
        | Token::LParen
        | Token::RParen
        | Token::Placeholder(_)
        | Token::SingleQuotedString(_)
        | Token::Whitespace(_)
        | Token::EOF => false,
        _ => true,
    }
}

/// Refuses a plan with a list that is too long.
///
/// # Errors
/// [`QueryError::Limit`] that says how long it may be.
pub fn check_plan(plan: &LogicalPlan) -> Result<(), QueryError> {
    let mut longest = 0;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Values(values) = node {
            longest = longest.max(values.values.len());
        }
        node.apply_expressions(|expr| {
            expr.apply(|e| {
                if let Expr::InList(list) = e {
                    longest = longest.max(list.list.len());
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    if longest > LIST_VALUES {
        return Err(limit(format!("{longest} values in a list, at most {LIST_VALUES}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sql: &str) -> Option<String> {
        check_text(sql).err().map(|e| e.to_string())
    }

    #[test]
    fn a_question_of_a_person_is_not_too_large() {
        let list = vec!["'a'"; 2_000].join(",");
        assert_eq!(refused(&format!("SELECT * FROM fixes WHERE device_id IN ({list}) AND t0 > now()")), None);
        assert_eq!(refused("this is 'no SQL"), None);
    }

    #[test]
    fn a_list_without_end_a_chain_without_end_and_a_text_without_end_are() {
        let list = vec!["1"; 1_000_000].join(",");
        assert!(refused(&format!("SELECT 1 IN ({list})")).unwrap().contains("size"));
        assert!(refused(&format!("SELECT {}", vec!["1"; 3_000].join("+"))).unwrap().contains("operators"));
        assert!(refused(&format!("SELECT {}", vec!["1"; 3_000].join(" or "))).unwrap().contains("operators"));
        assert!(refused(&format!("SELECT {}1", "- ".repeat(3_000))).unwrap().contains("operators"));
        assert!(refused(&format!("SELECT {}", vec!["1"; 8_000].join(","))).unwrap().contains("words"));
    }
}
