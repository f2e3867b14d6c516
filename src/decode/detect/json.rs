//! JSON, by the keys near its root.
//!
//! A parser fails on a document cut short, so this walks the brackets and strings as far as they go.

use super::{Detection, Format, found};

/// Enough keys to tell any shape; more are not collected.
const MAX_KEYS: usize = 4096;
/// Longer strings are not needed to tell a shape.
const MAX_TEXT: usize = 64;

/// A key, how many brackets it lies in (1 for the root's own), and its value if that is a string.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    depth: usize,
    name: String,
    text: Option<String>,
}

/// What was seen of a document.
#[derive(Debug, Default)]
struct Outline {
    root: u8,
    keys: Vec<Key>,
    /// The root was closed within what was seen.
    closed: bool,
    /// No key stands below the root's own.
    brackets_only: bool,
}

impl Outline {
    fn of(bytes: &[u8]) -> Self {
        let mut outline = Self { root: bytes.first().copied().unwrap_or(0), brackets_only: true, ..Self::default() };
        let mut open: Vec<u8> = Vec::new();
        let mut key_next = false;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'{' | b'[' => {
                    open.push(byte);
                    key_next = byte == b'{';
                }
                b'}' | b']' => {
                    open.pop();
                    key_next = false;
                    if open.is_empty() {
                        outline.closed = true;
                        break;
                    }
                }
                b',' => key_next = open.last() == Some(&b'{'),
                b'"' => {
                    let Some((text, end)) = string(bytes, at) else { break };
                    at = end;
                    outline.see(text, open.len(), key_next);
                    key_next = false;
                }
                _ => {}
            }
            if outline.keys.len() >= MAX_KEYS {
                break;
            }
        }
        outline
    }

    fn see(&mut self, text: String, depth: usize, is_key: bool) {
        if is_key {
            self.brackets_only &= depth < 2;
            self.keys.push(Key { depth, name: text, text: None });
        } else if let Some(last) = self.keys.last_mut().filter(|k| k.depth == depth && k.text.is_none()) {
            last.text = Some(text);
        }
    }

    fn has(&self, depth: usize, name: &str) -> bool {
        self.keys.iter().any(|k| k.depth == depth && k.name == name)
    }

    fn has_any<'n>(&self, depth: usize, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|n| self.has(depth, n))
    }

    fn text(&self, depth: usize, name: &str) -> Option<&str> {
        self.keys.iter().find(|k| k.depth == depth && k.name == name).and_then(|k| k.text.as_deref())
    }
}

/// The string that begins at `at` (after its quote) and where it ends; `None` if it is cut short.
fn string(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let mut end = at;
    loop {
        match bytes.get(end)? {
            b'"' => break,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    let text = bytes.get(at..end.min(at + MAX_TEXT))?;
    Some((String::from_utf8_lossy(text).into_owned(), end + 1))
}

pub(super) fn detect(text: &[u8]) -> Option<Detection> {
    let outline = Outline::of(text);
    let (format, because) = if outline.root == b'[' { array(&outline)? } else { object(&outline)? };
    Some(found(format, because))
}

fn object(o: &Outline) -> Option<(Format, String)> {
    if let Some(key) = o.has_any(1, &["semanticSegments", "rawSignals", "userLocationProfile"]) {
        return Some((Format::TimelineAndroid, format!("its key {key:?}")));
    }
    if o.has(1, "timelineObjects") {
        return Some((Format::Semantic, "its key \"timelineObjects\"".to_owned()));
    }
    let of_records = ["latitudeE7", "longitudeE7", "timestampMs", "timestamp", "deviceTag", "accuracy"];
    if o.has(1, "locations") {
        if let Some(key) = o.has_any(3, &of_records) {
            return Some((Format::Records, format!("its key \"locations\" with {key:?} within")));
        }
        if o.closed && o.brackets_only {
            return Some((Format::Records, "its key \"locations\", which is empty".to_owned()));
        }
    }
    if let Some(kind @ ("FeatureCollection" | "Feature")) = o.text(1, "type") {
        return Some((Format::GeoJson, format!("its \"type\" {kind:?}")));
    }
    if o.has(1, "features") && o.text(3, "type") == Some("Feature") {
        return Some((Format::GeoJson, "its key \"features\"".to_owned()));
    }
    let position = o.has_any(1, &["lat_deg", "lat", "latitude"])?;
    let time = o.has_any(1, &["t0", "ts", "t0_us", "time", "timestamp"])?;
    o.closed.then(|| (Format::Ndjson, format!("one object a line, with {position:?} and {time:?}")))
}

fn array(o: &Outline) -> Option<(Format, String)> {
    if !(o.has(2, "startTime") && o.has(2, "endTime")) {
        return None;
    }
    let content = o.has_any(2, &["visit", "activity", "timelinePath"]);
    let geo = o.keys.iter().any(|k| k.text.as_deref().is_some_and(|t| t.starts_with("geo:")));
    match content {
        Some(key) => Some((Format::TimelineIos, format!("a list of records with \"startTime\" and {key:?}"))),
        None if geo => {
            Some((Format::TimelineIos, "a list of records with \"startTime\" and geo: positions".to_owned()))
        }
        None => None,
    }
}

pub(super) fn why_unknown(text: &[u8]) -> String {
    let outline = Outline::of(text);
    let depth = if outline.root == b'[' { 2 } else { 1 };
    let mut names: Vec<&str> = Vec::new();
    for key in outline.keys.iter().filter(|k| k.depth == depth) {
        if names.len() < 6 && !names.contains(&key.name.as_str()) {
            names.push(&key.name);
        }
    }
    format!("JSON of a shape Locard does not read (keys: {})", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_goes_as_far_as_the_document_does() {
        let o = Outline::of(br#"{"a":"x","b":[{"c\"":1,"d":["e",{"f":"g"}]}],"h":"cut sho"#);
        let keys: Vec<_> = o.keys.iter().map(|k| (k.depth, k.name.as_str(), k.text.as_deref())).collect();
        let expected = [
            (1, "a", Some("x")),
            (1, "b", None),
            (3, "c\\\"", None),
            (3, "d", None),
            (5, "f", Some("g")),
            (1, "h", None),
        ];
        assert_eq!(keys, expected);
        assert!(!o.closed);
        assert!(Outline::of(b"{}\n{").closed);
        assert!(!Outline::of(br#"{"a":"\"#).closed);
    }
}
