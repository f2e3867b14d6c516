//! How somebody shows who they are over HTTP: the header `Authorization`, read. Pure.

use axum::http::{HeaderMap, header};

/// How API tokens of Locard's own begin.
const OWN_TOKEN: &str = "locard_";

/// What somebody shows.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// A name and a password (RFC 7617).
    Password {
        /// The account's name.
        account: String,
        /// The password.
        password: String,
    },
    /// A token that Locard made (RFC 6750).
    Token(String),
    /// A token that somebody else signed.
    Signed(String),
}

/// What is wrong with what somebody shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Reads the header; `None` if there is none.
///
/// # Errors
/// [`Unreadable`] for one that is neither `Basic` nor `Bearer`, is not written as they are, or stands there twice.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<Credentials>, Unreadable> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Unreadable);
    }
    let text = value.to_str().map_err(|_| Unreadable)?;
    let (scheme, rest) = text.split_once(' ').ok_or(Unreadable)?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = decoded(rest).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(Unreadable)?;
        let (account, password) = pair.split_once(':').ok_or(Unreadable)?;
        return Ok(Some(Credentials::Password { account: account.to_owned(), password: password.to_owned() }));
    }
    if !scheme.eq_ignore_ascii_case("bearer") || rest.is_empty() {
        return Err(Unreadable);
    }
    let token = rest.to_owned();
    Ok(Some(if token.starts_with(OWN_TOKEN) { Credentials::Token(token) } else { Credentials::Signed(token) }))
}

/// The bytes that Base64 stands for (RFC 4648, 4, with its padding); `None` if it is none.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let padding = text.bytes().rev().take_while(|b| *b == b'=').count();
    let digits = text.as_bytes().get(..text.len().checked_sub(padding)?)?;
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in digits.chunks(4) {
        let value = group.iter().try_fold(0_u32, |sum, digit| Some(sum << 6 | six_bits(*digit)?))?;
        // Digits that are missing are zeros, and bits that they would have brought must be so too.
        let value = value << (6 * (4 - group.len()));
        let [_, three @ ..] = value.to_be_bytes();
        let (said, left) = three.split_at(group.len() - 1);
        if left.iter().any(|b| *b != 0) {
            return None;
        }
        bytes.extend_from_slice(said);
    }
    Some(bytes)
}

fn six_bits(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn of(value: &str) -> Result<Option<Credentials>, Unreadable> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        read(&headers)
    }

    fn password(account: &str, password: &str) -> Credentials {
        Credentials::Password { account: account.to_owned(), password: password.to_owned() }
    }

    #[test]
    fn each_way_is_read() {
        assert!(matches!(read(&HeaderMap::new()), Ok(None)));
        // The example of RFC 7617, 2.
        assert!(of("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == Ok(Some(password("Aladdin", "open sesame"))));
        // That of 2.1: the pound sign in UTF-8. A password may hold a colon.
        assert!(of("basic dGVzdDoxMjPCow==") == Ok(Some(password("test", "123£"))));
        assert!(of("Basic YTpiOmM=") == Ok(Some(password("a", "b:c"))));
        assert!(of("Bearer locard_1_2") == Ok(Some(Credentials::Token("locard_1_2".to_owned()))));
        assert!(of("BEARER eyJ.a.b") == Ok(Some(Credentials::Signed("eyJ.a.b".to_owned()))));
        for bad in ["Basic", "Basic ", "Basic QQ==", "Basic YTpi!", "Basic YTp", "Bearer ", "Digest a", "locard_1_2"] {
            assert!(of(bad).is_err(), "{bad}");
        }
        let mut twice = HeaderMap::new();
        for token in ["Bearer a", "Bearer b"] {
            twice.append(header::AUTHORIZATION, HeaderValue::from_static(token));
        }
        assert!(read(&twice).is_err(), "whose request is it?");
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, 10.
        for (text, bytes) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba")]
        {
            assert_eq!(decoded(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        for bad in ["Zg", "Zg=", "Zh==", "Zm9=", "=", "====", "Z===", "Zg==Zg==", "Zm 8", "Zm9v\n"] {
            assert_eq!(decoded(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[A-Za-z0-9+/=]{0,12}") {
            if let Some(bytes) = decoded(&text) {
                prop_assert!(bytes.len() <= text.len() / 4 * 3);
            }
        }
    }
}
