//! The time of two devices in windows, each found by itself from the records that can bear on it.
//!
//! ```text
//!   a  ●●●●●│●●●●●│●●●●●          a window begins where a chunk of either device does: at the start of a record, so that
//!   b   ●  ●│ ● ●│●● ●            nothing that is judged as a whole is cut
//!           └──w──┘
//!   w reads   what shares its time, and of all before and all after what is in front
//! ```
//! Invariant: what a window says is a function of its time, of the chunks that share it and of what is in front around them,
//! which is what is compared before it is taken for known. So all windows together say what the whole time says at once.

use super::account::{Allowed, Going, Said};
use super::around::{Around, Bearing, Beside, Side};
use super::front::Fronts;
use super::overlap::Asked;
use super::sweep::{Pair, coverage};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::extent::Reached;
use crate::evaluate::passes::Passed;
use crate::evaluate::prism::{ReachParams, Span};

/// A window, what it read of both devices, and what it says.
#[derive(Debug)]
pub(super) struct Window {
    /// Its time.
    pub(super) span: Span,
    of: [Bearing; 2],
    /// To each question.
    pub(super) said: Said,
}

impl Window {
    fn read(span: Span, of: &[Beside<'_, '_>; 2], asked: &[Asked], reach: &ReachParams) -> Self {
        let [a, b] = of.each_ref().map(Beside::records);
        let said = Said::new(Pair::new(&a, &b, reach).possible_within(span, asked));
        Self { span, of: of.each_ref().map(Beside::bearing), said }
    }

    fn stands(&mut self, now: Span, of: &[Beside<'_, '_>; 2]) -> bool {
        self.span == now && self.of.iter_mut().zip(of).all(|(known, beside)| known.is_still(beside))
    }

    /// Whether all that is in front after it is what was, of both devices.
    fn is_followed_by_the_same(&mut self, around: &[Around<'_, '_>; 2]) -> bool {
        self.of.iter_mut().zip(around).all(|(known, around)| around.is_still_after(known))
    }
}

/// What is kept of two devices: the windows in their order, each in its place in memory for as long as it stands.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Windows {
    asked: Option<(Vec<Asked>, ReachParams)>,
    fronts: [Passed<Fronts>; 2],
    /// The chunks of both devices, each with its number and its start.
    read: [Vec<(u64, i64)>; 2],
    /// The times of the windows.
    spans: Vec<Span>,
    #[expect(clippy::vec_box, reason = "a window that stands is not moved")]
    kept: Vec<Box<Window>>,
}

impl Windows {
    /// When the two could have been near each other, by each question, and the time for which both have records. Found again
    /// is only what has changed.
    pub(super) fn possible(
        &mut self,
        devices: [(&Chunked<'_>, &[Reached<'_>]); 2],
        asked: &[Asked],
        reach: &ReachParams,
    ) -> Allowed<'_> {
        let now = Some((asked.to_vec(), reach.clone()));
        if self.asked != now {
            (self.asked, self.spans, self.kept) = (now, Vec::new(), Vec::new());
        }
        let until_us = self.read_now(devices.map(|(_, chunks)| chunks));
        let Some(both) = coverage(devices.map(|(_, chunks)| chunks)) else {
            (self.spans, self.kept) = (Vec::new(), Vec::new());
            return Allowed::nothing();
        };
        let Self { fronts: [of_a, of_b], kept, .. } = self;
        let pass = Fronts(reach.clone());
        let [(a, a_reached), (b, b_reached)] = devices;
        let ends = [of_a.of(&pass, a).chunks, of_b.of(&pass, b).chunks];
        let [a_ends, b_ends] = &ends;
        let spans = spans(both, [a_ends, b_ends].into_iter().flatten().filter_map(|(_, ends)| ends.first_us));
        let mut around = [
            Around::of(Side { records: a.records(), chunks: a_reached, ends: a_ends, reach }),
            Around::of(Side { records: b.records(), chunks: b_reached, ends: b_ends, reach }),
        ];
        let begins_alike = spans.iter().zip(&self.spans).take_while(|(now, was)| now == was && now.to_us < until_us);
        let stand = standing(&spans, kept.get_mut(..begins_alike.count()).unwrap_or_default(), &mut around);
        let mut old = kept.split_off(stand).into_iter().peekable();
        let known = kept.last().and_then(|window| Going::after(&window.said));
        let mut going = known.unwrap_or_else(|| Going::new(both, asked.len()));
        kept.reserve_exact(spans.len() - stand);
        for span in spans.iter().copied().skip(stand) {
            let of = around.each_mut().map(|around| around.next(span));
            while old.next_if(|known| known.span.from_us < span.from_us).is_some() {}
            let known = old.next_if(|known| known.span.from_us == span.from_us);
            let known = known.and_then(|mut known| known.stands(span, &of).then_some(known));
            let mut window = known.unwrap_or_else(|| Box::new(Window::read(span, &of, asked, reach)));
            going.follow(&mut window.said);
            kept.push(window);
        }
        self.spans = spans;
        Allowed::of(both, (&self.spans, &self.kept), going)
    }

    /// Takes the chunks as they are now: none that has changed begins before the time that is given, UTC microseconds.
    fn read_now(&mut self, devices: [&[Reached<'_>]; 2]) -> i64 {
        let mut until_us = i64::MAX;
        for (read, chunks) in self.read.iter_mut().zip(devices) {
            let now: Vec<(u64, i64)> = chunks.iter().map(|chunk| (chunk.number, chunk.from_us)).collect();
            let same = read.iter().zip(&now).take_while(|(was, is)| was == is).count();
            let changed = [&*read, &now].into_iter().filter_map(|chunks| chunks.get(same));
            until_us = changed.map(|(_, from_us)| *from_us).fold(until_us, i64::min);
            *read = now;
        }
        until_us
    }
}

/// How many windows stand without being looked at: those after which all that is in front is what was. `kept` are the first
/// windows, before whose ends no chunk has changed.
///
/// What is in front after a window is what is in front of the chunks between it and the next one, and of what is in front after
/// that. So where one is followed by the same, all before it are.
fn standing(spans: &[Span], kept: &mut [Box<Window>], around: &mut [Around<'_, '_>; 2]) -> usize {
    for (place, span) in spans.iter().enumerate().rev() {
        for around in around.iter_mut() {
            around.back(*span);
        }
        if let Some(window) = kept.get_mut(place)
            && window.is_followed_by_the_same(around)
        {
            for (around, known) in around.iter_mut().zip(&window.of) {
                around.go_on_after(*span, known);
            }
            return place + 1;
        }
    }
    0
}

/// A time cut at these moments.
#[expect(
    clippy::stable_sort_primitive,
    reason = "of two devices: two lists, each mostly in order, which it is fast on"
)]
fn spans(of: Span, at_us: impl Iterator<Item = i64>) -> Vec<Span> {
    let mut starts: Vec<i64> = at_us.filter(|us| of.from_us < *us && *us < of.to_us).chain([of.from_us]).collect();
    starts.sort();
    starts.dedup();
    let ends = starts.iter().copied().skip(1).chain([of.to_us]);
    starts.iter().zip(ends).map(|(from_us, to_us)| Span { from_us: *from_us, to_us }).collect()
}

#[cfg(test)]
#[path = "windows_tests.rs"]
mod windows_tests;
