//! Names that came with a file: labels to show, never paths to write to.

/// The longest label kept, characters.
const MAX_CHARS: usize = 300;

/// A name fit for a screen and a table: control characters (which could drive a terminal) replaced, length bounded.
pub(super) fn label(name: &str) -> String {
    name.chars().take(MAX_CHARS).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Whether a member of an archive holds no content of its own: a folder, or what macOS adds when it packs.
pub(super) fn is_skipped(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    name.ends_with(['/', '\\']) || name.split('/').any(|part| part == "__MACOSX") || last == ".DS_Store"
}

/// What a `.gz` holds, by its own name: `track.gpx.gz` holds `track.gpx`.
pub(super) fn inside_gz(name: &str) -> String {
    let last = name.rsplit(['/', '!']).next().unwrap_or(name);
    let lower = last.to_ascii_lowercase();
    for (ending, instead) in [(".gz", ""), (".gzip", ""), (".tgz", ".tar")] {
        if let Some(stem) = lower.strip_suffix(ending).and_then(|s| last.get(..s.len()))
            && !stem.is_empty()
        {
            return format!("{stem}{instead}");
        }
    }
    "content".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels() {
        assert_eq!(label("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(label("../../etc/passwd"), "../../etc/passwd");
        assert_eq!(label(&"é".repeat(1000)).chars().count(), MAX_CHARS);
        assert!(is_skipped("a/") && is_skipped("__MACOSX/._a.csv") && is_skipped("x/.DS_Store"));
        assert!(!is_skipped("a/b.csv") && !is_skipped("DS_Store"));
        assert_eq!(inside_gz("x/Track.GPX.gz"), "Track.GPX");
        assert_eq!(inside_gz("a.tgz"), "a.tar");
        assert_eq!(inside_gz(".gz"), "content");
    }
}
