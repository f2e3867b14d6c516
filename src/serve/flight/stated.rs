//! What a call states in its headers: `locard-purpose` and `locard-authority`, or with `-bin` for what is not ASCII. Pure.

use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::query::Stated;

/// The longest purpose and authority, characters: as over HTTP.
const LONGEST: usize = 1_000;

/// What a call states; empty where it says nothing.
///
/// # Errors
/// `INVALID_ARGUMENT` for what is too long or no text.
pub(super) fn stated(metadata: &MetadataMap) -> Result<Stated, Status> {
    let purpose = text(metadata, "locard-purpose", "locard-purpose-bin")?;
    Ok(Stated { purpose, authority: text(metadata, "locard-authority", "locard-authority-bin")?, export: false })
}

/// What a call states, or what was stated before if it says nothing.
pub(super) fn stated_or(metadata: &MetadataMap, before: &Stated) -> Result<Stated, Status> {
    let now = stated(metadata)?;
    Ok(if now == Stated::default() { before.clone() } else { now })
}

fn text(metadata: &MetadataMap, name: &'static str, binary: &'static str) -> Result<String, Status> {
    let no_text = || Status::invalid_argument(format!("{name} is no text: what is not ASCII goes into {binary}"));
    let plain = metadata.get(name).map(|value| value.to_str().map(str::to_owned).map_err(|_| no_text()));
    let given = match (plain, metadata.get_bin(binary)) {
        (Some(plain), _) => plain?,
        (None, Some(value)) => {
            let bytes = value.to_bytes().map_err(|_| no_text())?;
            String::from_utf8(bytes.to_vec()).map_err(|_| no_text())?
        }
        (None, None) => return Ok(String::new()),
    };
    if given.chars().count() > LONGEST {
        return Err(Status::invalid_argument(format!("{name} is longer than {LONGEST} characters")));
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use tonic::metadata::MetadataValue;

    use super::*;

    #[test]
    fn headers_state_a_purpose_and_an_authority() {
        let mut metadata = MetadataMap::new();
        assert_eq!(stated(&metadata).unwrap(), Stated::default());
        let before = Stated { purpose: "before".to_owned(), ..Stated::default() };
        assert_eq!(stated_or(&metadata, &before).unwrap(), before);
        metadata.insert("locard-purpose", "OP MADE-UP".parse().unwrap());
        metadata.insert_bin("locard-authority-bin", MetadataValue::from_bytes("Präsident".as_bytes()));
        let now = Stated { purpose: "OP MADE-UP".to_owned(), authority: "Präsident".to_owned(), export: false };
        assert_eq!(stated_or(&metadata, &before).unwrap(), now);
    }

    #[test]
    fn what_is_no_text_or_too_long_is_refused() {
        for (name, bytes) in [("locard-purpose-bin", vec![0xff]), ("locard-authority-bin", vec![b'x'; 1_001])] {
            let mut metadata = MetadataMap::new();
            metadata.insert_bin(name, MetadataValue::from_bytes(&bytes));
            assert_eq!(stated(&metadata).unwrap_err().code(), tonic::Code::InvalidArgument, "{name}");
        }
    }
}
