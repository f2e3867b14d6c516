//! The sources of one device: what one exhibit says by one kind of sensor.

use crate::evaluate::Exhibits;
use crate::evaluate::case::Record;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::passes::{Pass, Passed, View};
use crate::model::SourceKind;

/// Records of one exhibit and one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    /// SHA-256 of the exhibit, hex; empty if it came through none.
    pub exhibit: String,
    pub kind: SourceKind,
    /// In the order of content.
    pub records: Vec<Record>,
}

impl Source {
    /// What it is called: the kind and the beginning of the exhibit's SHA-256.
    pub(super) fn name(&self) -> String {
        let short: String = self.exhibit.chars().take(8).collect();
        format!("{} in exhibit {}", self.kind, if short.is_empty() { "unnamed" } else { &short })
    }
}

/// The sources of a device that give its own positions: the one with most records first, then by exhibit and kind.
pub(super) fn sources(records: &[Record], exhibits: &Exhibits) -> Vec<Source> {
    let mut found: Vec<(u32, Source)> = Vec::new();
    for record in records.iter().filter(|r| r.source.is_own_position()) {
        let key = (record.origin.exhibit, record.source);
        let at = found.iter().rposition(|(exhibit, s)| (*exhibit, s.kind) == key).unwrap_or_else(|| {
            let sha = exhibits.name(key.0).unwrap_or_default().to_owned();
            found.push((key.0, Source { exhibit: sha, kind: key.1, records: Vec::new() }));
            found.len() - 1
        });
        if let Some((_, source)) = found.get_mut(at) {
            source.records.push(*record);
        }
    }
    let mut sources: Vec<Source> = found.into_iter().map(|(_, source)| source).collect();
    sources.sort_by(|a, b| {
        b.records.len().cmp(&a.records.len()).then_with(|| (&a.exhibit, a.kind).cmp(&(&b.exhibit, b.kind)))
    });
    sources
}

/// The pass that says of which sources a chunk's own positions are: none, one, or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count;

/// A source, by the number of its exhibit.
type Numbered = (u32, SourceKind);

impl Pass for Count {
    type State = ();
    type Found = Vec<Numbered>;

    fn read(&self, (): &mut (), view: &View<'_>) -> Vec<Numbered> {
        let mut found: Vec<Numbered> = Vec::new();
        for record in view.own().iter().filter(|r| r.source.is_own_position()) {
            let source = (record.origin.exhibit, record.source);
            if !found.contains(&source) {
                found.push(source);
            }
        }
        found
    }
}

/// Whether a device has no two sources, so that there is nothing to compare.
pub(super) fn one_source(passed: &mut Passed<Count>, device: &Chunked<'_>) -> bool {
    let chunks = passed.of(&Count, device).chunks;
    let mut sources = chunks.into_iter().flat_map(|(_, sources)| sources);
    let first = sources.next();
    sources.all(|source| Some(source) == first)
}
