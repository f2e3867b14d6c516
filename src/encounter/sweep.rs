//! Cutting one group's contacts into maximal runs: the rule of enter, hold and exit, on intervals alone.

/// When one contact lasts, and whether it can open an encounter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Start, UTC microseconds.
    pub(super) start_us: i64,
    /// End, UTC microseconds; not before the start.
    pub(super) end_us: i64,
    /// Within the radius: opens an encounter. Otherwise it only holds an open one.
    pub(super) opens: bool,
}

/// A maximal run; the spans by their positions, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Start of the first opening span, UTC microseconds.
    pub(super) enter_us: i64,
    /// The latest end of its spans, UTC microseconds.
    pub(super) exit_us: i64,
    /// The spans that can open.
    pub(super) graded: Vec<usize>,
    /// The spans that only hold.
    pub(super) held: Vec<usize>,
}

impl Run {
    fn open(at: usize, span: Span) -> Self {
        Self { enter_us: span.start_us, exit_us: span.end_us, graded: vec![at], held: Vec::new() }
    }

    fn add(&mut self, at: usize, span: Span) {
        self.exit_us = self.exit_us.max(span.end_us);
        if span.opens { &mut self.graded } else { &mut self.held }.push(at);
    }
}

/// The maximal runs of spans sorted by their start.
///
/// A run begins at the start of an opening span. A span continues it if it starts at most `gap_us` after the latest
/// end so far. A holding span that began before the run and is still in force at its beginning holds it too, without
/// moving its beginning.
pub(super) fn runs(spans: &[Span], gap_us: i64) -> Vec<Run> {
    let mut closed = Vec::new();
    let mut open: Option<Run> = None;
    // Holding spans that began while nothing was open.
    let mut waiting: Vec<(usize, Span)> = Vec::new();
    for (at, &span) in spans.iter().enumerate() {
        if let Some(run) = open.take_if(|run| span.start_us.saturating_sub(run.exit_us) > gap_us) {
            closed.push(run);
        }
        match &mut open {
            Some(run) => run.add(at, span),
            None if span.opens => {
                let mut run = Run::open(at, span);
                for (early, held) in waiting.drain(..).filter(|(_, held)| held.end_us >= span.start_us) {
                    run.add(early, held);
                }
                open = Some(run);
            }
            None => waiting.push((at, span)),
        }
    }
    closed.extend(open);
    closed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(start_us: i64, end_us: i64, opens: bool) -> Span {
        Span { start_us, end_us, opens }
    }

    #[test]
    fn a_gap_of_exactly_the_limit_continues_and_one_more_splits() {
        let r = runs(&[span(0, 10, true), span(20, 25, true), span(36, 40, true)], 10);
        let ends: Vec<_> = r.iter().map(|r| (r.enter_us, r.exit_us)).collect();
        assert_eq!(ends, [(0, 25), (36, 40)]);
    }

    #[test]
    fn a_long_early_span_covers_the_gap_after_a_short_later_one() {
        let r = runs(&[span(0, 100, true), span(5, 6, true), span(105, 106, true)], 10);
        assert_eq!(r.len(), 1);
        assert_eq!(r[0].exit_us, 106);
    }

    #[test]
    fn holding_spans_hold_and_bridge_but_never_open() {
        assert!(runs(&[span(0, 5, false), span(6, 9, false)], 10).is_empty());
        // Held through two wide passes until the second graded contact, and after it.
        let r = runs(&[span(0, 1, true), span(8, 9, false), span(16, 17, true), span(25, 30, false)], 10);
        assert_eq!(r, [Run { enter_us: 0, exit_us: 30, graded: vec![0, 2], held: vec![1, 3] }]);
        // Without the holding span in the middle they are two.
        assert_eq!(runs(&[span(0, 1, true), span(16, 17, true)], 10).len(), 2);
    }

    #[test]
    fn a_holding_span_in_force_at_the_opening_moves_the_exit_and_not_the_entry() {
        let r = runs(&[span(-50, 100, false), span(-9, -1, false), span(0, 5, true)], 10);
        assert_eq!(r, [Run { enter_us: 0, exit_us: 100, graded: vec![2], held: vec![0] }]);
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let r = runs(&[span(i64::MIN, i64::MIN, true), span(i64::MAX, i64::MAX, true)], 10);
        assert_eq!(r.len(), 2);
    }

    /// The definition, applied until nothing changes, without any order: quadratic and slow.
    fn reference(spans: &[Span], gap_us: i64) -> Vec<Run> {
        let mut free: Vec<usize> = (0..spans.len()).collect();
        let mut found = Vec::new();
        while let Some(first) = free.iter().copied().filter(|&i| spans[i].opens).min_by_key(|&i| (spans[i].start_us, i))
        {
            let enter = spans[first].start_us;
            let mut members = vec![first];
            let mut exit = spans[first].end_us;
            while let Some(next) = free.iter().copied().find(|&i| {
                let s = spans[i];
                let begins_inside = s.start_us >= enter && s.start_us <= exit + gap_us;
                let in_force = !s.opens && s.start_us < enter && s.end_us >= enter;
                !members.contains(&i) && (begins_inside || in_force)
            }) {
                members.push(next);
                exit = exit.max(spans[next].end_us);
            }
            free.retain(|i| !members.contains(i));
            members.sort_unstable();
            let (graded, held) = members.into_iter().partition(|&i| spans[i].opens);
            found.push(Run { enter_us: enter, exit_us: exit, graded, held });
        }
        found
    }

    proptest! {
        #[test]
        fn the_sweep_gives_what_the_definition_gives(
            raw in prop::collection::vec((0_i64..300, 0_i64..25, prop::bool::weighted(0.6)), 0..40), gap in 0_i64..12,
        ) {
            let mut spans: Vec<Span> = raw.into_iter().map(|(s, d, o)| span(s, s + d, o)).collect();
            spans.sort_by_key(|s| (s.start_us, s.end_us));
            prop_assert_eq!(runs(&spans, gap), reference(&spans, gap));
        }
    }
}
