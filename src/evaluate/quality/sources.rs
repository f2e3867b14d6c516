//! The sources of one device: what one exhibit says by one kind of sensor.

use crate::evaluate::Exhibits;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::passes::{Pass, Passed, View};
use crate::model::SourceKind;

/// A source, by the number of its exhibit.
pub(super) type Numbered = (u32, SourceKind);

/// Records of one exhibit and one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    pub(super) number: Numbered,
    /// SHA-256 of the exhibit, hex; empty if it came through none.
    pub(super) exhibit: String,
    /// How many records are of it.
    pub(super) records: usize,
    /// The first of them, by its position among the device's records.
    pub(super) first: usize,
}

impl Source {
    /// What it is called: the kind and the beginning of the exhibit's SHA-256.
    pub(super) fn name(&self) -> String {
        let short: String = self.exhibit.chars().take(8).collect();
        format!("{} in exhibit {}", self.number.1, if short.is_empty() { "unnamed" } else { &short })
    }
}

/// The sources of a device that give its own positions: the one with most records first, then by exhibit and kind.
pub(super) fn sources(passed: &mut Passed<Count>, device: &Chunked<'_>, exhibits: &Exhibits) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for (from, counts) in passed.of(&Count, device).chunks {
        for (number, count, first) in counts {
            if let Some(known) = sources.iter_mut().find(|source| source.number == *number) {
                known.records += count;
                continue;
            }
            let exhibit = exhibits.name(number.0).unwrap_or_default().to_owned();
            sources.push(Source { number: *number, exhibit, records: *count, first: from + first });
        }
    }
    sources.sort_by(|a, b| {
        let name = |source: &Source| (source.exhibit.clone(), source.number.1);
        b.records.cmp(&a.records).then_with(|| name(a).cmp(&name(b)))
    });
    sources
}

/// The pass that says of which sources a chunk's own positions are, how many of each, and where the first of them stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count;

impl Pass for Count {
    type State = ();
    type Found = Vec<(Numbered, usize, usize)>;

    fn read(&self, (): &mut (), view: &View<'_>) -> Self::Found {
        let mut found: Self::Found = Vec::new();
        for (at, record) in view.own().iter().enumerate().filter(|(_, r)| r.source.is_own_position()) {
            let source = (record.origin.exhibit, record.source);
            match found.iter_mut().find(|(known, ..)| *known == source) {
                Some((_, count, _)) => *count += 1,
                None => found.push((source, 1, at)),
            }
        }
        found
    }
}
