//! The server's certificate and key. Loaded before anything listens: who asks for TLS never gets a server without.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pgwire::tokio::TlsAcceptor;
use pgwire::tokio::tokio_rustls::rustls::crypto::aws_lc_rs;
use pgwire::tokio::tokio_rustls::rustls::pki_types::pem::PemObject;
use pgwire::tokio::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use pgwire::tokio::tokio_rustls::rustls::{self, ServerConfig};

/// Where the certificate and its key are, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// Why there is no TLS, and so no server.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate cannot be read.
    #[error("the certificate {path} cannot be read: {reason}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The key cannot be read.
    #[error("the key {path} cannot be read: {reason}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// They do not belong together, or are not of a kind that TLS takes.
    #[error("the certificate {certificate} cannot be used with the key {key}: {reason}")]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        reason: rustls::Error,
    },
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |reason: String| TlsError::Certificate { path: path.to_owned(), reason };
    let read = CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))?;
    let chain = read.collect::<Result<Vec<_>, _>>().map_err(|e| wrong(e.to_string()))?;
    if chain.is_empty() { Err(wrong("it holds no certificate".to_owned())) } else { Ok(chain) }
}

/// What meets clients that ask for TLS.
///
/// # Errors
/// [`TlsError`], which names the file.
pub(super) fn load(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    // Clients that speak TLS from the first byte (PostgreSQL 17) name the protocol.
    load_for(files, b"postgresql")
}

/// What meets clients of a protocol, by its ALPN name (RFC 7301).
///
/// # Errors
/// [`TlsError`], which names the file.
pub(in crate::serve) fn load_for(files: &TlsFiles, protocol: &[u8]) -> Result<TlsAcceptor, TlsError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|e| TlsError::Key { path: files.key.clone(), reason: e.to_string() })?;
    let pair = |reason| TlsError::Pair { certificate: files.certificate.clone(), key: files.key.clone(), reason };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(pair)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(pair)?;
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_loaded_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = TlsFiles { certificate: folder.path().join("no.crt"), key: folder.path().join("no.key") };
        let said = load(&files).err().unwrap().to_string();
        assert!(said.contains("no.crt"), "{said}");
        std::fs::write(&files.certificate, "not a certificate").unwrap();
        let said = load(&files).err().unwrap().to_string();
        assert!(said.contains("no.crt") && said.contains("no certificate"), "{said}");
    }
}
