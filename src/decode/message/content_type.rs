//! How a payload is encoded, by the header `content-type`.

/// The encodings that the topic `fixes` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// One record as a JSON object; also what a message without the header is.
    Json,
    /// Many records as an Arrow IPC stream.
    ArrowStream,
    /// One record as Avro in the Confluent wire format: a zero, the schema's number, the record.
    Avro,
}

impl ContentType {
    /// The header's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::ArrowStream => "application/vnd.apache.arrow.stream",
            Self::Avro => "application/vnd.confluent.avro",
        }
    }

    /// Reads a header: letter case and parameters (`; charset=utf-8`) do not count; `None` if it is not known.
    #[must_use]
    pub fn parse(header: Option<&[u8]>) -> Option<Self> {
        let Some(header) = header else { return Some(Self::Json) };
        if header == Self::Json.as_str().as_bytes() {
            return Some(Self::Json);
        }
        let kind = header.split(|b| *b == b';').next().unwrap_or(header).trim_ascii();
        [Self::Json, Self::ArrowStream, Self::Avro]
            .into_iter()
            .find(|known| kind.eq_ignore_ascii_case(known.as_str().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_parameters_do_not_count_and_strangers_are_not_guessed() {
        assert_eq!(ContentType::parse(None), Some(ContentType::Json));
        assert_eq!(ContentType::parse(Some(b" Application/JSON ; charset=utf-8")), Some(ContentType::Json));
        assert_eq!(ContentType::parse(Some(b"application/vnd.apache.arrow.stream")), Some(ContentType::ArrowStream));
        for stranger in [&b""[..], b"text/plain", b"application/vnd.apache.arrow.file", b"\xff"] {
            assert_eq!(ContentType::parse(Some(stranger)), None);
        }
    }
}
