//! What can stop the reading of an exhibit or of one member of it.

use std::io;

/// A file or a member of it that could not be opened or read. Only [`SourceError::Io`] may go away by retrying.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The system could not read it; retrying may help.
    #[error("cannot read {file}: {source}")]
    Io {
        /// The file or member.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// A folder was given. Retrying does not help.
    #[error("{file} is a folder: name the files in it")]
    Folder {
        /// The folder.
        file: String,
    },
    /// More came out of the exhibit's containers than allowed. Retrying does not help; a higher limit does.
    #[error("more than {limit_bytes} bytes come out of it (at {file}): unpack it by hand if it is what it should be")]
    TotalBytes {
        /// The member that was being read.
        file: String,
        /// The limit, bytes.
        limit_bytes: u64,
    },
    /// A member expands more than location records can. Retrying does not help; a higher limit does.
    #[error("{file} expands over {limit}:1 ({out_bytes} bytes from {in_bytes}): not what location records do")]
    Ratio {
        /// The member.
        file: String,
        /// The limit, bytes out for each byte in.
        limit: u64,
        /// Bytes that had come out.
        out_bytes: u64,
        /// Bytes that had gone in.
        in_bytes: u64,
    },
    /// The exhibit has more members than allowed. Retrying does not help; a higher limit does.
    #[error("{file} holds {found} members; at most {limit} are opened")]
    Members {
        /// The container.
        file: String,
        /// How many members there are so far.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// Containers lie too deep in each other. Retrying does not help; unpacking does.
    #[error("{file} lies more than {limit} containers deep: unpack it first")]
    Depth {
        /// The container that was not opened.
        file: String,
        /// The limit.
        limit: u32,
    },
    /// A member is encrypted. Retrying does not help; the password's holder does.
    #[error("{file} is encrypted: unpack it with its password first")]
    Encrypted {
        /// The member.
        file: String,
    },
    /// A container or member cannot be understood. Retrying does not help.
    #[error("{file} cannot be opened: {detail}")]
    Broken {
        /// The container or member.
        file: String,
        /// What is wrong.
        detail: String,
    },
    /// Members share a name, and the archive's index shows only the last of them. Retrying does not help.
    #[error("{file} holds several members of the same name; only the last of each was read: unpack it by hand")]
    SameName {
        /// The container.
        file: String,
    },
}

impl SourceError {
    /// An I/O error, or the source error that travelled inside one.
    #[must_use]
    pub fn from_io(file: &str, source: io::Error) -> Self {
        match source.downcast::<Self>() {
            Ok(inner) => inner,
            Err(source) => Self::Io { file: file.to_owned(), source },
        }
    }
}
