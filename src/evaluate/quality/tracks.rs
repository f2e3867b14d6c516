//! What a chunk of records adds to a device's tracks, and the account of all chunks.
//!
//! ```text
//!   numbers in a chunk     0 1 2 ┊ 3 4         3 and 4 begin in it           carried: those that go on, 1 4 2
//!   in the next            0 1 2 ┊ …           its 0 is the 1 of before, its 1 the 4, its 2 the 2
//! ```

use super::movement::Jump;

/// No more pairs of tracks than this, the latest ones, are looked through for one that has changed before.
const LATEST_PAIRS: usize = 128;

/// What a chunk adds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Moves {
    pub(super) records: usize,
    pub(super) jumps: usize,
    pub(super) between_sources: usize,
    pub(super) greatest_m_s: f64,
    pub(super) fastest: Vec<Jump>,
    /// How many tracks go on from the chunk before.
    from_before: usize,
    /// Records of each track, by its number in the chunk.
    counts: Vec<usize>,
    /// Changes between two tracks, and how many of one pair follow each other.
    switches: Vec<((usize, usize), usize)>,
    /// The tracks that may go on after it.
    carried: Vec<usize>,
}

impl Moves {
    pub(super) fn new(from_before: usize, records: usize) -> Self {
        Self { records, from_before, counts: vec![0; from_before], ..Self::default() }
    }

    pub(super) fn jump(&mut self, jump: Jump) {
        self.jumps += 1;
        self.between_sources += usize::from(jump.is_between_sources());
        self.greatest_m_s = self.greatest_m_s.max(jump.speed_m_s);
        self.fastest.push(jump);
    }

    /// The number of a track that begins.
    pub(super) fn new_track(&mut self) -> usize {
        self.counts.push(0);
        self.counts.len() - 1
    }

    /// A record joined a track after one that joined the last.
    pub(super) fn record(&mut self, number: usize, last: Option<usize>) {
        if let Some(count) = self.counts.get_mut(number) {
            *count += 1;
        }
        let Some(last) = last.filter(|&last| last != number) else { return };
        let pair = (last.min(number), last.max(number));
        match self.switches.last_mut().filter(|(known, _)| *known == pair) {
            Some((_, times)) => *times += 1,
            None => self.switches.push((pair, 1)),
        }
    }

    /// The chunk ends, and these go on; of the jumps so many are told.
    pub(super) fn ends_with(&mut self, carried: Vec<usize>, told: usize) {
        self.carried = carried;
        if self.fastest.len() > told {
            self.fastest.sort_by(Jump::faster_first);
            self.fastest.truncate(told);
        }
        self.fastest.shrink_to_fit();
        self.switches.shrink_to_fit();
    }
}

/// All chunks together.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// Records of each track, in the order in which they began.
    pub(super) counts: Vec<usize>,
    /// How often the records changed between two tracks.
    pub(super) switches: Vec<((usize, usize), usize)>,
}

/// Gives the tracks of all chunks, which stand in their order, numbers of the whole device.
pub(super) fn tally<'a>(chunks: impl Iterator<Item = &'a Moves>) -> Carried {
    let mut all = Carried::default();
    let mut numbers: Vec<usize> = Vec::new();
    for moves in chunks {
        let first_new = all.counts.len();
        numbers.extend((0..moves.counts.len().saturating_sub(moves.from_before)).map(|n| first_new + n));
        all.counts.resize(first_new + moves.counts.len().saturating_sub(moves.from_before), 0);
        for (number, count) in numbers.iter().zip(&moves.counts) {
            if let Some(sum) = all.counts.get_mut(*number) {
                *sum += count;
            }
        }
        for ((p, q), times) in &moves.switches {
            if let (Some(p), Some(q)) = (numbers.get(*p), numbers.get(*q)) {
                count_switches(&mut all.switches, ((*p).min(*q), (*p).max(*q)), *times);
            }
        }
        numbers = moves.carried.iter().filter_map(|at| numbers.get(*at).copied()).collect();
    }
    all
}

/// Counts changes between two tracks; only the pairs met lately are looked through.
fn count_switches(switches: &mut Vec<((usize, usize), usize)>, pair: (usize, usize), times: usize) {
    match switches.iter_mut().rev().take(LATEST_PAIRS).find(|(known, _)| *known == pair) {
        Some((_, count)) => *count += times,
        None => switches.push((pair, times)),
    }
}
