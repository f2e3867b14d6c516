//! An exhibit: one returned file, named by what is in it.

use std::fmt;

/// A SHA-256 in lower-case hexadecimal, 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256Hex(String);

impl Sha256Hex {
    /// From the 32 bytes of a digest.
    #[must_use]
    pub fn from_bytes(digest: &[u8; 32]) -> Self {
        use fmt::Write as _;
        let mut hex = String::with_capacity(64);
        for byte in digest {
            // Writing to a String cannot fail.
            let _infallible = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }

    /// The 64 hexadecimal characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve characters: enough to tell the exhibits of one case apart on a screen.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One returned file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// The file's name as given, without its folder.
    pub name: String,
    /// SHA-256 of its bytes as they were returned (before any decompression).
    pub sha256: Sha256Hex,
    /// Its size in bytes.
    pub bytes: u64,
}
