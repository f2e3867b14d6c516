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
use super::around::{Around, Bearing, Beside};
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
        let [a, b] = of.each_ref().map(|beside| beside.records(reach));
        let said = Said::new(Pair::new(&a, &b, reach).possible_within(span, asked));
        Self { span, of: of.each_ref().map(Beside::bearing), said }
    }

    fn stands(&mut self, now: Span, of: &[Beside<'_, '_>; 2]) -> bool {
        self.span == now && self.of.iter_mut().zip(of).all(|(known, beside)| known.is_still(beside))
    }
}

/// What is kept of two devices: the windows in their order, each in its place in memory for as long as it stands.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Windows {
    asked: Option<(Vec<Asked>, ReachParams)>,
    fronts: [Passed<Fronts>; 2],
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
            (self.asked, self.kept) = (now, Vec::new());
        }
        let Self { fronts: [of_a, of_b], kept, .. } = self;
        let mut old = std::mem::take(kept).into_iter().peekable();
        let Some(both) = coverage(devices.map(|(_, chunks)| chunks)) else { return Allowed::nothing() };
        let pass = Fronts(reach.clone());
        let [(a, a_reached), (b, b_reached)] = devices;
        let ends = [of_a.of(&pass, a).chunks, of_b.of(&pass, b).chunks];
        let [a_ends, b_ends] = &ends;
        let spans = spans(both, [a_ends, b_ends].into_iter().flatten().filter_map(|(_, ends)| ends.first_us));
        let mut a = Around::of((a.records(), a_reached), a_ends, reach, &spans);
        let mut b = Around::of((b.records(), b_reached), b_ends, reach, &spans);
        let mut going = Going::new(both, asked.len());
        kept.reserve_exact(spans.len());
        for (place, span) in spans.into_iter().enumerate() {
            let of = [a.at(place, span), b.at(place, span)];
            while old.next_if(|known| known.span.from_us < span.from_us).is_some() {}
            let known = old.next_if(|known| known.span.from_us == span.from_us);
            let known = known.and_then(|mut known| known.stands(span, &of).then_some(known));
            let mut window = known.unwrap_or_else(|| Box::new(Window::read(span, &of, asked, reach)));
            going.follow(&mut window.said);
            kept.push(window);
        }
        Allowed::of(both, kept, going)
    }
}

/// A time cut at these moments.
fn spans(of: Span, at_us: impl Iterator<Item = i64>) -> Vec<Span> {
    let mut starts: Vec<i64> = at_us.filter(|us| of.from_us < *us && *us < of.to_us).chain([of.from_us]).collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().copied().skip(1).chain([of.to_us]);
    starts.iter().zip(ends).map(|(from_us, to_us)| Span { from_us: *from_us, to_us }).collect()
}
