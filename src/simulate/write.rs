//! The thin shell that puts a made-up case on disk.

use std::path::{Path, PathBuf};

use super::SimulatedCase;

impl SimulatedCase {
    /// Writes the files into a folder, which is made if it is missing; returns their paths, in the order of `files`.
    ///
    /// # Errors
    /// If the folder cannot be made or a file cannot be written; files of the same names are replaced.
    pub fn write_to(&self, folder: &Path) -> std::io::Result<Vec<PathBuf>> {
        std::fs::create_dir_all(folder)?;
        let write = |(name, bytes): &(String, Vec<u8>)| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map(|()| path)
        };
        self.files.iter().map(write).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_made() {
        let files = vec![("a.csv".to_owned(), b"1\n".to_vec()), ("b.json".to_owned(), b"{}".to_vec())];
        let made = SimulatedCase {
            files: files.clone(),
            truth: vec![],
            near_misses: vec![],
            places: vec![],
            incidents: vec![],
            rejects: 0,
        };
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("new");
        let paths = made.write_to(&inner).unwrap();
        assert_eq!(paths, [inner.join("a.csv"), inner.join("b.json")]);
        for (path, (_, bytes)) in paths.iter().zip(&files) {
            assert_eq!(&std::fs::read(path).unwrap(), bytes);
        }
    }
}
