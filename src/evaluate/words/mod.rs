//! Every sentence that a finding says, in one table that tells fact from evaluation, and the words it must not use.
//!
//! ```text
//!  Phrase (fixed, in a table: class + text with {holes}) ──fill──> Sentence ──> Finding
//! ```
//! Each topic's phrases are a file here that ends in the list of all of them; a test holds the lists to what may be said, and
//! the tests of reports hold the filled sentences to it. Source of the refused words: R v Calland (2017) EWCA Crim 2308 and the
//! limits that an expert would be asked about; a report states what records show.

use super::Class;

pub(super) mod attribution;
pub(super) mod coincidence;
pub(super) mod following;
pub(super) mod incident;
pub(super) mod meeting;
pub(super) mod pattern;
pub(super) mod quality;
mod rounded;
pub(super) mod scenes;
pub mod strength;
pub mod validation;
pub(super) mod visit;

pub(super) use rounded::{metres, speed};

/// The phrases of every topic.
#[cfg(test)]
const ALL: &[&[Phrase]] = &[
    attribution::ALL,
    coincidence::ALL,
    following::ALL,
    incident::ALL,
    meeting::ALL,
    pattern::ALL,
    quality::ALL,
    scenes::ALL,
    strength::ALL,
    validation::ALL,
    visit::ALL,
];

/// A sentence with holes `{}`, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase {
    class: Class,
    text: &'static str,
}

impl Phrase {
    /// A sentence that states what records show.
    #[must_use]
    pub const fn fact(text: &'static str) -> Self {
        Self { class: Class::Fact, text }
    }

    /// A sentence that weighs records.
    #[must_use]
    pub const fn evaluation(text: &'static str) -> Self {
        Self { class: Class::Evaluation, text }
    }

    /// Fact or evaluation.
    #[must_use]
    pub const fn class(self) -> Class {
        self.class
    }

    /// The text with its holes.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.text
    }

    /// The sentence with its holes filled from left to right; a hole without a filling stays empty.
    #[must_use]
    pub fn fill(self, fillings: &[&dyn std::fmt::Display]) -> Sentence {
        let mut text = String::with_capacity(self.text.len() + 16 * fillings.len());
        let mut rest = fillings.iter();
        for (n, part) in self.text.split("{}").enumerate() {
            if n > 0
                && let Some(filling) = rest.next()
            {
                text.push_str(&filling.to_string());
            }
            text.push_str(part);
        }
        Sentence { class: self.class, text }
    }
}

/// A sentence made from a [`Phrase`]; there is no other way to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    class: Class,
    text: String,
}

impl Sentence {
    /// Fact or evaluation.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// The words.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Words that claim more than a record can show.
///
/// They speak of persons instead of records, or of strength without the alternative it is measured against.
pub const REFUSED: [&str; 14] = [
    "was at",
    "present at",
    "placed at",
    "places the suspect",
    "followed",
    "met",
    "stalked",
    "proves",
    "proof",
    "confirms",
    "consistent with",
    "probably",
    "must have",
    "coincidence unlikely",
];

/// The first refused word or phrase in a sentence, if there is one; letter case does not matter, whole words do.
#[must_use]
pub fn refused(sentence: &str) -> Option<&'static str> {
    let plain: String =
        sentence.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let padded = format!(" {} ", words.join(" "));
    REFUSED.into_iter().find(|phrase| padded.contains(&format!(" {phrase} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_phrase_claims_too_much() {
        for phrase in ALL.iter().copied().flatten() {
            assert_eq!(refused(phrase.text()), None, "{}", phrase.text());
        }
    }

    #[test]
    fn the_linter_sees_phrases_across_spaces_and_case_and_not_inside_words() {
        assert_eq!(refused("The suspect WAS\n at the house."), Some("was at"));
        assert_eq!(refused("They met."), Some("met"));
        assert_eq!(refused("this is \"consistent   with\" it"), Some("consistent with"));
        assert_eq!(refused("a method in metres improves; a probable grade"), None);
    }

    #[test]
    fn holes_are_filled_from_left_to_right_and_none_is_printed() {
        let phrase = Phrase::fact("{} of {} records, {}");
        assert_eq!(phrase.fill(&[&1, &"two"]).text(), "1 of two records, ");
        assert_eq!(phrase.fill(&[&"{}", &2, &3]).text(), "{} of 2 records, 3", "a filling is not filled again");
    }
}
