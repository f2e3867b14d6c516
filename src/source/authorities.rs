//! Whom a client believes over TLS: the system's certificate authorities, and those of a network of one's own.
//!
//! A force's registry and its identity provider seldom have a certificate that the world would take. The invariant: a file
//! adds to whom is believed for what it is set for; nothing here turns the check off.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::{Certificate, Client, ClientBuilder};

/// Certificate authorities that are believed besides the system's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorities {
    pem: Arc<[u8]>,
}

/// Why a file of authorities cannot be used. Trying again does not help.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// It cannot be read.
    #[error("{path:?} cannot be read: {why}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// It holds something else.
    #[error("{path:?} is no file of certificates (PEM, RFC 7468): {why}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Authorities {
    /// Those of a file of certificates (PEM, RFC 7468), one after the other.
    ///
    /// # Errors
    /// [`AuthoritiesError`] if it cannot be read, holds none, or one that is none.
    pub fn of_file(path: &Path) -> Result<Self, AuthoritiesError> {
        let malformed = |why: String| AuthoritiesError::Malformed { path: path.to_owned(), why };
        let pem = std::fs::read(path).map_err(|why| AuthoritiesError::Unreadable { path: path.to_owned(), why })?;
        match Certificate::from_pem_bundle(&pem) {
            Ok(certificates) if certificates.is_empty() => return Err(malformed("there is none in it".to_owned())),
            Ok(_) => {}
            Err(e) => return Err(malformed(e.to_string())),
        }
        let authorities = Self { pem: pem.into() };
        // What a certificate says is looked at when a client is made of it.
        authorities.client().and_then(ClientBuilder::build).map_err(|e| malformed(e.to_string()))?;
        Ok(authorities)
    }

    /// The beginnings of a client that believes them and the system's.
    ///
    /// # Errors
    /// If one of them is no certificate: not those of [`Self::of_file`].
    pub fn client(&self) -> reqwest::Result<ClientBuilder> {
        let certificates = Certificate::from_pem_bundle(&self.pem)?;
        Ok(certificates.into_iter().fold(Client::builder(), ClientBuilder::add_root_certificate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Authorities, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, text).unwrap();
        Authorities::of_file(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn a_file_without_a_certificate_is_not_taken_for_one_that_adds_nobody() {
        let certificate = include_str!("../../tests/fixtures/tls/certificate.pem");
        assert_ne!(of(certificate).unwrap(), Authorities::default());
        assert!(of(&certificate.repeat(2)).is_ok());
        let spoilt = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "none", spoilt, include_str!("../../tests/fixtures/tls/key.pem")] {
            let told = of(text).unwrap_err();
            assert!(told.contains("ca.pem") && told.contains("PEM"), "{told}");
        }
        let missing = Authorities::of_file(Path::new("/missing/ca.pem")).unwrap_err().to_string();
        assert!(missing.contains("missing"), "{missing}");
    }
}
