//! Names of accounts: few characters, so that a name is a file's name and nothing else.

/// The most characters a name may have.
pub const MAX_NAME_CHARS: usize = 64;

/// Why a text is no name of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing, or too much.
    #[error("a name has 1 to {MAX_NAME_CHARS} characters")]
    Length,
    /// A character that could mean something to a file system or a terminal.
    #[error("a name is made of the letters a to z and A to Z, digits, `.`, `_` and `-`")]
    Character,
    /// `.hidden` and `-option`.
    #[error("a name begins with a letter or a digit")]
    Beginning,
}

/// Whether a text may name an account: ASCII letters, digits, `.`, `_` and `-`, the first a letter or a digit, at most 64.
///
/// # Errors
/// The first rule that is broken.
pub fn check_name(name: &str) -> Result<(), NameFault> {
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(NameFault::Length);
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        return Err(NameFault::Character);
    }
    match name.bytes().next() {
        Some(first) if first.is_ascii_alphanumeric() => Ok(()),
        _ => Err(NameFault::Beginning),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_anywhere_else() {
        for good in ["ann", "A.n-n_2", "7", &"x".repeat(64)] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for (bad, fault) in [
            ("", NameFault::Length),
            ("../ann", NameFault::Character),
            ("..", NameFault::Beginning),
            (".staged", NameFault::Beginning),
            ("-x", NameFault::Beginning),
            ("a/b", NameFault::Character),
            ("a\\b", NameFault::Character),
            ("a\0b", NameFault::Character),
            ("a\nb", NameFault::Character),
            ("änn", NameFault::Character),
            (&"x".repeat(65), NameFault::Length),
        ] {
            assert_eq!(check_name(bad), Err(fault), "{bad:?}");
        }
    }
}
