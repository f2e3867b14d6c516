//! The text of one field, gathered from its parts up to a limit.

/// The longest text of a field that is kept, bytes; a number or a time is far shorter.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A text that is gathered part by part.
///
/// Past 64 KiB the rest is left out and an ellipsis put for it, so that the text can no longer be taken for a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::decode) struct Text {
    kept: String,
    cut: bool,
}

impl Text {
    /// Adds a part.
    pub(in crate::decode) fn push(&mut self, part: &str) {
        if self.cut {
            return;
        }
        if self.kept.len() + part.len() <= MAX_TEXT_BYTES {
            self.kept.push_str(part);
        } else {
            self.kept.push('…');
            self.cut = true;
        }
    }

    /// The text without surrounding white space.
    pub(in crate::decode) fn as_str(&self) -> &str {
        self.kept.trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_no_longer_a_number() {
        let mut text = Text::default();
        text.push(" 51.");
        text.push("5 ");
        assert_eq!(text.as_str(), "51.5");
        text.push(&"0".repeat(MAX_TEXT_BYTES));
        text.push("1");
        assert_eq!(text.as_str(), "51.5 …");
    }
}
