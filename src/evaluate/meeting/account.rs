//! What all windows say together of when two devices could have been near each other.
//!
//! ```text
//!   windows    [ ▒▒   ▒▒▒]───────[▒▒    ▒  ]───────[    ▒▒▒ ]      the stretches of each, which are kept
//!   account  ∅           a                 b                c      what is known after each; the last stretch may go on
//! ```
//! Invariant: seconds are added one whole stretch after the other, in the order of time. So no sum hangs on where the windows
//! are cut, nor on what was kept; and what was known after a window stands as long as what was known before it does.

use std::cmp::Reverse;

use super::sweep::{any_shares, join, rest};
use super::windows::Window;
use crate::evaluate::prism::{Span, seconds};

/// No more stretches than this are named in a finding: the longest.
pub(super) const NAMED_SPANS: usize = 5;

fn length_s(span: &Span) -> f64 {
    seconds(span.from_us, span.to_us)
}

/// How long stretches are together, in the order in which they stand, seconds.
pub(super) fn total_s(spans: &[Span]) -> f64 {
    // Not `sum`: of nothing that is minus zero.
    spans.iter().map(length_s).fold(0.0, |total, s| total + s)
}

/// The parts of stretches, in order and apart, that lie in a part of the time.
fn clipped(spans: &[Span], part: Span) -> Vec<Span> {
    let ended = spans.partition_point(|s| s.to_us < part.from_us);
    let inside = spans.iter().skip(ended).take_while(|s| s.from_us <= part.to_us);
    inside.map(|s| Span { from_us: s.from_us.max(part.from_us), to_us: s.to_us.min(part.to_us) }).collect()
}

/// Takes stretches each of which begins no earlier than the one before.
trait Account: Copy + PartialEq {
    fn take(&mut self, span: Span);
}

/// Joins a stretch to the one that may go on, or says that this is whole and begins anew.
fn carry_on(open: &mut Option<Span>, span: Span) -> Option<Span> {
    match open {
        Some(last) if last.to_us >= span.from_us => {
            last.to_us = last.to_us.max(span.to_us);
            None
        }
        _ => open.replace(span),
    }
}

/// How long stretches are together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sum {
    /// Those that are whole, seconds.
    whole_s: f64,
    /// The last, which may go on.
    open: Option<Span>,
}

impl Account for Sum {
    fn take(&mut self, span: Span) {
        if let Some(whole) = carry_on(&mut self.open, span) {
            self.whole_s += length_s(&whole);
        }
    }
}

/// How many stretches there are, how long together, and the longest of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Listed {
    /// How many.
    pub(super) count: usize,
    /// How long together, seconds.
    pub(super) total_s: f64,
    longest: [Option<Span>; NAMED_SPANS],
}

impl Listed {
    fn push(&mut self, span: Span) {
        self.count += 1;
        self.total_s += length_s(&span);
        let order = |s: &Span| (Reverse(s.length_us()), s.from_us);
        if let [.., Some(last)] = &self.longest
            && order(last) <= order(&span)
        {
            return;
        }
        let mut next = span;
        for slot in &mut self.longest {
            match slot {
                Some(known) if order(known) <= order(&next) => {}
                Some(known) => std::mem::swap(known, &mut next),
                None => {
                    *slot = Some(next);
                    return;
                }
            }
        }
    }

    /// The longest stretches, the longest first, the earlier first of two as long.
    pub(super) fn longest(&self) -> impl Iterator<Item = Span> {
        self.longest.into_iter().flatten()
    }
}

/// The stretches of a question with what they leave of the time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Whole {
    possible: Listed,
    never: Listed,
    /// The last, which may go on.
    open: Option<Span>,
    /// Until when all is in one of the two lists, UTC microseconds.
    until_us: i64,
}

impl Account for Whole {
    fn take(&mut self, span: Span) {
        if let Some(whole) = carry_on(&mut self.open, span) {
            self.close(whole);
        }
    }
}

impl Whole {
    fn close(&mut self, span: Span) {
        if span.from_us > self.until_us {
            self.never.push(Span { from_us: self.until_us, to_us: span.from_us });
        }
        self.until_us = self.until_us.max(span.to_us);
        self.possible.push(span);
    }

    /// As [`rest`] ends: nothing follows in this time.
    fn end(&mut self, of: Span) {
        if let Some(last) = self.open.take() {
            self.close(last);
        }
        let is_moment = self.possible.count == 0 && of.to_us == of.from_us;
        if of.to_us > self.until_us || is_moment {
            self.never.push(Span { from_us: self.until_us, to_us: of.to_us });
        }
    }
}

/// What was known before a window and what after it.
type Step<T> = Option<(T, T)>;

/// What a window says to each question, and what all windows up to it say together.
#[derive(Debug, Default)]
pub(super) struct Said {
    stretches: Vec<Vec<Span>>,
    /// Of the first question.
    whole: Step<Whole>,
    /// Of each of the others.
    sums: Vec<Step<Sum>>,
}

impl Said {
    pub(super) fn new(stretches: Vec<Vec<Span>>) -> Self {
        let sums = vec![None; stretches.len().saturating_sub(1)];
        Self { stretches, whole: None, sums }
    }

    fn of(&self, question: usize) -> &[Span] {
        self.stretches.get(question).map_or(&[], Vec::as_slice)
    }
}

/// Goes on over a window: what is known after it stands if the same was known before it.
fn follow<T: Account>(now: &mut T, step: &mut Step<T>, stretches: &[Span]) {
    if let Some((_, after)) = step.as_ref().filter(|(before, _)| *before == *now) {
        *now = *after;
        return;
    }
    let before = *now;
    for span in stretches {
        now.take(*span);
    }
    *step = Some((before, *now));
}

/// The account as far as the windows have been gone over.
#[derive(Debug)]
pub(super) struct Going {
    whole: Whole,
    sums: Vec<Sum>,
}

impl Going {
    /// Nothing yet, of a time and so many questions.
    pub(super) fn new(of: Span, questions: usize) -> Self {
        let whole = Whole { until_us: of.from_us, ..Whole::default() };
        Self { whole, sums: vec![Sum::default(); questions.saturating_sub(1)] }
    }

    /// What was known after a window that was gone over.
    pub(super) fn after(said: &Said) -> Option<Self> {
        let sums = said.sums.iter().map(|step| step.map(|(_, after)| after)).collect::<Option<Vec<Sum>>>()?;
        Some(Self { whole: said.whole.map(|(_, after)| after)?, sums })
    }

    /// Goes on over the next window.
    pub(super) fn follow(&mut self, said: &mut Said) {
        let mut stretches = said.stretches.iter();
        if let Some(first) = stretches.next() {
            follow(&mut self.whole, &mut said.whole, first);
        }
        for ((now, step), stretches) in self.sums.iter_mut().zip(&mut said.sums).zip(stretches) {
            follow(now, step, stretches);
        }
    }
}

/// When two devices could have been near each other, by the number of the question.
#[derive(Debug)]
pub(super) struct Allowed<'w> {
    coverage: Option<Span>,
    /// The windows with their times.
    windows: (&'w [Span], &'w [Box<Window>]),
    whole: Whole,
    sums: Vec<Sum>,
}

impl<'w> Allowed<'w> {
    /// There is no time for which both have records.
    pub(super) fn nothing() -> Self {
        Self { coverage: None, windows: (&[], &[]), whole: Whole::default(), sums: Vec::new() }
    }

    /// What the windows of a time say, all of which were gone over.
    pub(super) fn of(coverage: Span, windows: (&'w [Span], &'w [Box<Window>]), going: Going) -> Self {
        let Going { mut whole, sums } = going;
        whole.end(coverage);
        Self { coverage: Some(coverage), windows, whole, sums }
    }

    /// The time for which both have records.
    pub(super) const fn coverage(&self) -> Option<Span> {
        self.coverage
    }

    /// The stretches of the first question.
    pub(super) const fn possible(&self) -> &Listed {
        &self.whole.possible
    }

    /// What they leave of the time.
    pub(super) const fn never(&self) -> &Listed {
        &self.whole.never
    }

    fn sum(&self, question: usize) -> Option<&Sum> {
        question.checked_sub(1).and_then(|other| self.sums.get(other))
    }

    /// Whether there is any stretch.
    pub(super) fn is_any(&self, question: usize) -> bool {
        if question == 0 { self.whole.possible.count > 0 } else { self.sum(question).is_some_and(|s| s.open.is_some()) }
    }

    /// How long the stretches are together, seconds.
    pub(super) fn total_s(&self, question: usize) -> f64 {
        let of_sum = |sum: &Sum| sum.whole_s + sum.open.as_ref().map_or(0.0, length_s);
        if question == 0 { self.whole.possible.total_s } else { self.sum(question).map_or(0.0, of_sum) }
    }

    /// The stretches that share a moment with a part of the time, as they are in the windows that do.
    pub(super) fn about(&self, question: usize, part: Span) -> Vec<Span> {
        let (from_us, to_us) = (part.from_us.min(part.to_us), part.from_us.max(part.to_us));
        let (spans, windows) = self.windows;
        let ended = spans.partition_point(|span| span.to_us < from_us);
        let begun = spans.partition_point(|span| span.from_us <= to_us);
        let mut about = Vec::new();
        for window in windows.get(ended..begun.max(ended)).unwrap_or_default() {
            let stretches = window.said.of(question);
            let over = stretches.partition_point(|span| span.to_us < from_us);
            for span in stretches.iter().skip(over).take_while(|span| span.from_us <= to_us) {
                join(&mut about, *span);
            }
        }
        about
    }

    /// Whether it was possible in a part of the time, and for how long, seconds.
    pub(super) fn during(&self, question: usize, part: Span) -> (bool, f64) {
        let about = self.about(question, part);
        (any_shares(&about, part), total_s(&clipped(&about, part)))
    }

    /// How long it was not, by the first question, in a part of the time, seconds.
    pub(super) fn never_s(&self, part: Span) -> f64 {
        // What is wrongly left before the first of these windows and after the last lies outside the part.
        let never = self.coverage.map_or_else(Vec::new, |of| rest(of, &self.about(0, part)));
        total_s(&clipped(&never, part))
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod account_tests;
