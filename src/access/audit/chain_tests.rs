use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;

use super::log_tests::written;
use super::*;

const ENTRIES: usize = 9;

/// A whole log, and its lines with their places.
struct Whole {
    folder: tempfile::TempDir,
    /// File, line from 1, and the bytes with the newline.
    lines: Vec<(PathBuf, u64, Vec<u8>)>,
}

impl Whole {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        drop(written(folder.path(), ENTRIES));
        let mut lines = Vec::new();
        for file in files::log_files(folder.path()).unwrap() {
            let bytes = fs::read(&file.path).unwrap();
            let split = bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec);
            lines.extend(split.zip(1..).map(|(line, number)| (file.path.clone(), number, line)));
        }
        assert_eq!(lines.len(), ENTRIES);
        Self { folder, lines }
    }

    /// Writes the lines back as they now are, each into the file it names.
    fn write(&self) {
        for file in files::log_files(self.folder.path()).unwrap() {
            let bytes: Vec<u8> = self.lines.iter().filter(|l| l.0 == file.path).flat_map(|l| l.2.clone()).collect();
            fs::write(&file.path, bytes).unwrap();
        }
    }

    /// The place at which something must be found: of the line that stands `at`th in the lines as they now are.
    fn place(&self, at: usize) -> (String, u64) {
        let path = &self.lines[at].0;
        let line = self.lines[..at].iter().filter(|l| l.0 == *path).count() + 1;
        (name(path), u64::try_from(line).unwrap())
    }

    fn verify(&self) -> Vec<Fault> {
        verify(self.folder.path(), None).unwrap().faults
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn first(faults: &[Fault]) -> (String, u64) {
    let fault = faults.first().expect("something is found");
    (fault.file.clone(), fault.line)
}

#[test]
fn any_byte_of_the_head_that_is_another_is_found() {
    let whole = Whole::new();
    let path = whole.folder.path().join("head");
    let head = fs::read(&path).unwrap();
    for at in 0..head.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut other = head.clone();
            other[at] ^= flip;
            fs::write(&path, &other).unwrap();
            assert!(!whole.verify().is_empty(), "byte {at} ^ {flip}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_byte_that_is_another_is_found_where_it_is(line in any::<Index>(), byte in any::<Index>(), other in 1_u8..) {
        let mut whole = Whole::new();
        let at = line.index(ENTRIES);
        let line = &mut whole.lines[at].2;
        let byte = byte.index(line.len());
        line[byte] ^= other;
        let place = whole.place(at);
        whole.write();
        prop_assert_eq!(first(&whole.verify()), place);
    }

    #[test]
    fn any_line_that_is_removed_is_missed_where_it_was(line in any::<Index>(), more in 0_usize..3) {
        let mut whole = Whole::new();
        let at = line.index(ENTRIES);
        let until = (at + 1 + more).min(ENTRIES);
        let (cut, wanted) = (until == ENTRIES, (at as u64 + 1, until as u64));
        let last = name(&whole.lines[ENTRIES - 1].0);
        whole.lines.drain(at..until);
        let place = if cut { None } else { Some(whole.place(at)) };
        whole.write();
        let faults = whole.verify();
        prop_assert_eq!(faults.len(), 1, "{:?}", faults);
        let (from, to) = wanted;
        if let Some(place) = place {
            prop_assert_eq!(first(&faults), place);
            prop_assert_eq!(&faults[0].what, &Wrong::Removed { from, to });
        } else {
            prop_assert_eq!(&faults[0].file, &last);
            prop_assert_eq!(&faults[0].what, &Wrong::Cut { from, to });
        }
    }

    #[test]
    fn any_two_lines_that_are_exchanged_are_found_at_the_first(a in any::<Index>(), b in any::<Index>()) {
        let mut whole = Whole::new();
        let (a, b) = (a.index(ENTRIES), b.index(ENTRIES));
        prop_assume!(a != b);
        let (a, b) = (a.min(b), a.max(b));
        let (one, two) = (whole.lines[a].2.clone(), whole.lines[b].2.clone());
        whole.lines[a].2 = two;
        whole.lines[b].2 = one;
        whole.write();
        let faults = whole.verify();
        prop_assert_eq!(first(&faults), whole.place(a));
        prop_assert_eq!(&faults[0].what, &Wrong::Reordered);
    }

    #[test]
    fn any_line_that_is_moved_is_found_where_the_order_ends(from in any::<Index>(), to in any::<Index>()) {
        let mut whole = Whole::new();
        let (from, to) = (from.index(ENTRIES), to.index(ENTRIES));
        prop_assume!(from != to);
        let texts: Vec<Vec<u8>> = whole.lines.iter().map(|l| l.2.clone()).collect();
        let mut moved = texts;
        let line = moved.remove(from);
        moved.insert(to, line);
        for (place, text) in whole.lines.iter_mut().zip(moved) {
            place.2 = text;
        }
        whole.write();
        let faults = whole.verify();
        prop_assert_eq!(first(&faults), whole.place(from.min(to)));
        prop_assert_eq!(&faults[0].what, &Wrong::Reordered);
    }

    #[test]
    fn any_line_that_is_repeated_is_found_where_it_is_again(line in any::<Index>(), later in any::<Index>()) {
        let mut whole = Whole::new();
        let at = line.index(ENTRIES);
        let again = at + 1 + later.index(ENTRIES - at);
        let mut copy = whole.lines[at].clone();
        copy.0.clone_from(&whole.lines[again - 1].0);
        whole.lines.insert(again, copy);
        whole.write();
        let faults = whole.verify();
        prop_assert_eq!(faults.len(), 1, "{:?}", faults);
        prop_assert_eq!(first(&faults), whole.place(again));
        prop_assert_eq!(&faults[0].what, &Wrong::Repeated);
    }

    #[test]
    fn a_log_that_ends_early_anywhere_is_found_where_it_ends(line in any::<Index>(), byte in any::<Index>()) {
        let mut whole = Whole::new();
        let at = line.index(ENTRIES);
        let byte = byte.index(whole.lines[at].2.len());
        let place = whole.place(at);
        let path = whole.lines[at].0.clone();
        // Of the last file that is left only whole lines and part of one; later files are gone.
        for later in files::log_files(whole.folder.path()).unwrap() {
            if later.path > path {
                fs::remove_file(&later.path).unwrap();
            }
        }
        whole.lines.truncate(at + 1);
        whole.lines[at].2.truncate(byte);
        whole.write();
        let faults = whole.verify();
        prop_assert_eq!(faults.len(), 1, "{:?}", faults);
        prop_assert_eq!(first(&faults), place);
        prop_assert_eq!(&faults[0].what, &Wrong::Cut { from: at as u64 + 1, to: ENTRIES as u64 });
    }

    #[test]
    fn any_file_that_is_cut_short_is_found_where_it_ends(line in any::<Index>(), byte in any::<Index>()) {
        let mut whole = Whole::new();
        let at = line.index(ENTRIES);
        let path = whole.lines[at].0.clone();
        let byte = byte.index(whole.lines[at].2.len() - 1) + 1;
        let cut = byte < whole.lines[at].2.len();
        let rest = whole.lines.iter().skip(at + 1).any(|l| l.0 == path);
        prop_assume!(cut || rest);
        let place = whole.place(at);
        whole.lines[at].2.truncate(byte);
        let mut seen = 0;
        whole.lines.retain(|l| { seen += 1; seen <= at + 1 || l.0 != path });
        whole.write();
        prop_assert_eq!(first(&whole.verify()), place);
    }

    #[test]
    fn any_file_that_is_gone_is_missed(file in any::<Index>()) {
        let whole = Whole::new();
        let files = files::log_files(whole.folder.path()).unwrap();
        let gone = file.index(files.len());
        fs::remove_file(&files[gone].path).unwrap();
        let faults = whole.verify();
        prop_assert_eq!(faults.len(), 1, "{:?}", faults);
        let from = files[gone].first;
        let to = files.get(gone + 1).map_or(ENTRIES as u64, |f| f.first - 1);
        if gone + 1 == files.len() {
            prop_assert_eq!(&faults[0].what, &Wrong::Cut { from, to });
        } else {
            prop_assert_eq!(&faults[0].what, &Wrong::Removed { from, to });
        }
    }
}

/// Whoever can write the log can seal a line anew; then the next one does not follow.
#[test]
fn an_entry_that_is_written_anew_with_a_right_hash_is_found_at_the_next() {
    let mut whole = Whole::new();
    let text = String::from_utf8(whole.lines[3].2.clone()).unwrap();
    let mut entry = line::read_entry(text.trim_end().as_bytes()).unwrap();
    entry.details.text = "SELECT 'nothing'".to_owned();
    let previous = entry.previous.parse().unwrap();
    whole.lines[3].2 = line::seal(&entry, previous).unwrap().0;
    whole.write();
    let faults = whole.verify();
    assert_eq!((faults.len(), first(&faults)), (1, whole.place(4)), "{faults:?}");
    assert_eq!(faults[0].what, Wrong::Unchained);
}

/// After one fault the next is still found, and lines that are right are not blamed.
#[test]
fn each_of_several_faults_is_told_once() {
    let mut whole = Whole::new();
    whole.lines[1].2[20] ^= 1;
    whole.lines[4].2[20] ^= 1;
    whole.lines.remove(6);
    let junk = (whole.lines[0].0.clone(), 0, b"junk\n".to_vec());
    whole.lines.insert(1, junk);
    let places: Vec<_> = [1, 2, 5, 7].map(|at| whole.place(at)).into();
    whole.write();
    let faults = whole.verify();
    assert_eq!(faults.iter().map(|f| (f.file.clone(), f.line)).collect::<Vec<_>>(), places, "{faults:?}");
    assert_eq!(faults[3].what, Wrong::Removed { from: 7, to: 7 });
}
