//! Entries of a bounded size: a text without end is cut, and what was cut stays provable by its hash.

use super::{Details, NewEntry};

/// The most bytes of one text in an entry.
const MAX_TEXT_BYTES: usize = 256 * 1024;
/// The most bytes of a list of texts together.
const MAX_LIST_BYTES: usize = 256 * 1024;

/// The entry, with long texts cut.
pub(super) fn bounded(entry: &NewEntry) -> NewEntry {
    let mut cut = entry.clone();
    let Details { text, parameters, tables, cases, subject, purpose, authority, rules, fault, file, .. } =
        &mut cut.details;
    [&mut cut.account, &mut cut.client, text].into_iter().for_each(cut_text);
    [subject, purpose, authority, fault, file].into_iter().flatten().for_each(cut_text);
    [parameters, tables, cases, rules].into_iter().for_each(cut_list);
    cut
}

fn cut_text(text: &mut String) {
    if text.len() > MAX_TEXT_BYTES {
        let kept = text.floor_char_boundary(MAX_TEXT_BYTES);
        let mark = format!("[cut: {} bytes, BLAKE3 {}]", text.len(), blake3::hash(text.as_bytes()).to_hex());
        text.truncate(kept);
        text.push_str(&mark);
    }
}

fn cut_list(list: &mut Vec<String>) {
    let mut bytes = 0;
    // An empty text costs a few bytes in the line too.
    let fits = |text: &String| {
        bytes += text.len() + 4;
        bytes <= MAX_LIST_BYTES
    };
    let kept = list.iter().take_while({
        let mut fits = fits;
        move |text| fits(text)
    });
    let kept = kept.count();
    if kept < list.len() {
        let mut hash = blake3::Hasher::new();
        for text in list.iter() {
            hash.update(blake3::hash(text.as_bytes()).as_bytes());
        }
        let mark = format!("[cut: {} texts, BLAKE3 of their BLAKE3s {}]", list.len(), hash.finalize().to_hex());
        list.truncate(kept);
        list.push(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn entry(text: String, parameters: Vec<String>) -> NewEntry {
        let details = Details { text, parameters, ..Details::default() };
        NewEntry { account: "ann".to_owned(), role: None, client: "console".to_owned(), kind: Kind::Query, details }
    }

    #[test]
    fn what_fits_is_left_alone_and_what_does_not_is_cut_with_its_hash() {
        let small = entry("SELECT 'é'".to_owned(), vec![String::new(); 100]);
        assert_eq!(bounded(&small), small);
        let long = "é".repeat(MAX_TEXT_BYTES);
        let cut = bounded(&entry(long.clone(), vec!["x".repeat(1000); 1000])).details;
        assert!(cut.text.len() < MAX_TEXT_BYTES + 200, "{}", cut.text.len());
        assert!(cut.text.contains(blake3::hash(long.as_bytes()).to_hex().as_str()));
        assert_eq!(cut.parameters.len(), MAX_LIST_BYTES / 1004 + 1);
        assert!(cut.parameters.last().unwrap().starts_with("[cut: 1000 texts"));
        let many = bounded(&entry(String::new(), vec![String::new(); 1_000_000])).details.parameters;
        assert_eq!(many.len(), MAX_LIST_BYTES / 4 + 1, "a million nothings are something");
    }
}
