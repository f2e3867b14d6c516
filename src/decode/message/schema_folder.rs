//! Avro schemas in a folder: `7.avsc` is the schema of number 7.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use super::schema_source::{SchemaError, SchemaSource};

/// The longest schema that is read, bytes.
pub(super) const MAX_SCHEMA_BYTES: u64 = 1 << 20;

/// A folder of schemas.
#[derive(Debug, Clone)]
pub struct SchemaFolder(PathBuf);

impl SchemaFolder {
    /// Schemas are looked for in this folder when they are needed, not before.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }
}

impl SchemaSource for SchemaFolder {
    fn schema(&self, id: u32) -> Result<Option<Arc<str>>, SchemaError> {
        let path = self.0.join(format!("{id}.avsc"));
        let fault = |detail: String| SchemaError { id, place: path.display().to_string(), detail };
        let file = match File::open(&path) {
            Ok(file) => file,
            // A folder that is not there is a mistake to be put right, not an answer.
            Err(e) if e.kind() == ErrorKind::NotFound && self.0.is_dir() => return Ok(None),
            Err(e) => return Err(fault(e.to_string())),
        };
        let mut text = String::new();
        let n = file.take(MAX_SCHEMA_BYTES + 1).read_to_string(&mut text).map_err(|e| fault(e.to_string()))?;
        if n as u64 > MAX_SCHEMA_BYTES {
            return Err(fault(format!("it is longer than {MAX_SCHEMA_BYTES} bytes")));
        }
        Ok(Some(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_is_not_there_is_unknown_and_a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("7.avsc"), "{}").unwrap();
        let source = SchemaFolder::new(folder.path());
        assert_eq!(source.schema(7).unwrap().as_deref(), Some("{}"));
        assert_eq!(source.schema(8), Ok(None));
        assert!(SchemaFolder::new(folder.path().join("absent")).schema(7).is_err());
    }
}
