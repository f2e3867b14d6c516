//! What a client shows in the header `authorization`: a name and a password, or a bearer token. Pure.

use axum::http::{HeaderMap, HeaderValue};
use tonic::metadata::MetadataMap;

/// What a client shows.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum Shown {
    /// `Basic`, RFC 7617.
    Basic {
        /// The account's name.
        account: String,
        /// Its password.
        password: String,
    },
    /// `Bearer`, RFC 6750: a pass of ours, or an API token.
    Bearer(String),
}

/// What a call shows; `None` if it shows nothing that can be read.
pub(super) fn shown(metadata: &MetadataMap) -> Option<Shown> {
    let (scheme, value) = metadata.get("authorization")?.to_str().ok()?.split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return (!value.is_empty()).then(|| Shown::Bearer(value.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(base64(value)?).ok()?;
    let (account, password) = pair.split_once(':')?;
    Some(Shown::Basic { account: account.to_owned(), password: password.to_owned() })
}

/// The bytes of a text in base64: gRPC writes the headers whose name ends in `-bin` so, and reads them.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut headers = HeaderMap::new();
    headers.insert("shown-bin", HeaderValue::from_str(text).ok()?);
    let bytes = MetadataMap::from_headers(headers).get_bin("shown-bin")?.to_bytes().ok()?;
    Some(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<Shown> {
        let mut metadata = MetadataMap::new();
        metadata.insert("authorization", value.parse().unwrap());
        shown(&metadata)
    }

    fn basic(account: &str, password: &str) -> Shown {
        Shown::Basic { account: account.to_owned(), password: password.to_owned() }
    }

    /// The pairs are RFC 7617's own examples, sections 2 and 2.1.
    #[test]
    fn a_name_and_a_password_are_read_as_http_writes_them() {
        assert_eq!(of("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Some(basic("Aladdin", "open sesame")));
        assert_eq!(of("basic dGVzdDoxMjPCow=="), Some(basic("test", "123£")));
        assert_eq!(of("Basic YTpiOmM="), Some(basic("a", "b:c")), "a password may have colons");
    }

    #[test]
    fn a_bearer_is_taken_as_it_is() {
        assert_eq!(of("Bearer abc"), Some(Shown::Bearer("abc".to_owned())));
        assert_eq!(of("bearer  abc "), Some(Shown::Bearer("abc".to_owned())));
    }

    #[test]
    fn nothing_else_is_anything() {
        for value in ["", "Basic", "Basic ", "Basic ???", "Basic QWxhZGRpbg==", "Basic /////w==", "Bearer ", "Digest x"]
        {
            assert!(of(value).is_none(), "{value}");
        }
        assert!(shown(&MetadataMap::new()).is_none());
    }
}
