//! How much of the memory for cases each pipeline may hold.
//!
//! ```text
//!  budget  ├─ A: idle, small ─┼─ B ─┼──────────── C: one large case ────────────┤
//! ```
//! What one does not hold the others may. Where all want more than there is, each may hold an equal share, but the one that
//! is at work on a case keeps that case: to let it go is to read it again for its next message.
//!
//! Invariant: if each holds at most its [`allowance`], all together hold at most the budget; while one grows, those that
//! hold more than theirs give way at their next turn, and an idle one is woken for it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What a pipeline holds, bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// All of its cases.
    pub all: usize,
    /// Of it the largest case that it is at work on; 0 while it is idle.
    pub at_work: usize,
}

/// How much a pipeline may hold that holds `mine`, where the others hold `others` and all together may hold `budget`; bytes.
///
/// Those that hold little keep it; the others fall to a common level, none below the case it is at work on. If these cases
/// alone are too much, none may hold more than an equal share: the cases take turns.
#[must_use]
pub fn allowance(budget: usize, mine: Held, others: &[Held]) -> usize {
    let at_level = |level: usize| {
        let of_others = others.iter().map(|held| level.clamp(held.at_work.min(held.all), held.all));
        of_others.fold(level.max(mine.at_work), usize::saturating_add)
    };
    if at_level(0) > budget {
        return budget / (others.len() + 1);
    }
    let (mut fits, mut too_much) = (0, budget.saturating_add(1));
    while too_much - fits > 1 {
        let level = fits.midpoint(too_much);
        if at_level(level) <= budget { fits = level } else { too_much = level }
    }
    fits.max(mine.at_work)
}

/// The pipelines that share what may be held in memory; a clone is the same.
#[derive(Debug, Clone, Default)]
pub struct Pipelines(Arc<All>);

#[derive(Debug, Default)]
struct All {
    /// How many there are, those too that are about to start.
    count: AtomicUsize,
    held: Mutex<BTreeMap<usize, Held>>,
    /// Of whom each is told apart.
    numbers: AtomicUsize,
    pressed: Notify,
}

impl Pipelines {
    /// Says how many there are now.
    pub fn set(&self, count: usize) {
        self.0.count.store(count, Ordering::Relaxed);
    }

    /// Another one, which holds nothing yet.
    #[must_use]
    pub(super) fn join(&self) -> Member {
        Member { all: self.clone(), number: self.0.numbers.fetch_add(1, Ordering::Relaxed) }
    }

    /// What they hold together.
    fn total(&self) -> usize {
        self.held().values().fold(0, |sum: usize, held| sum.saturating_add(held.all))
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<usize, Held>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the pipelines, for as long as it works.
#[derive(Debug)]
pub(super) struct Member {
    all: Pipelines,
    number: usize,
}

impl Member {
    /// An equal share.
    pub(super) fn share(&self, budget: usize) -> usize {
        budget / self.all.0.count.load(Ordering::Relaxed).max(1)
    }

    /// Says what it holds now.
    pub(super) fn holds(&self, mine: Held) {
        self.all.held().insert(self.number, mine);
    }

    /// Says that it will hold so much, if all of them then hold no more than the budget together; whether that is so.
    pub(super) fn reserve(&self, mine: Held, budget: usize) -> bool {
        self.hold_if(mine, budget, |held| held.all)
    }

    /// Says that it will hold so much, if what the others are at work on fits besides; whether that is so. They let the rest go
    /// as far as they must.
    pub(super) fn claim(&self, mine: Held, budget: usize) -> bool {
        self.hold_if(mine, budget, |held| held.at_work)
    }

    /// Says that it will hold so much, if that and what is counted of the others fits; whether it does.
    fn hold_if(&self, mine: Held, budget: usize, counted: fn(&Held) -> usize) -> bool {
        let mut held = self.all.held();
        let others = held.iter().filter(|(number, _)| **number != self.number);
        let fits = others.fold(counted(&mine), |sum, (_, other)| sum.saturating_add(counted(other))) <= budget;
        if fits {
            held.insert(self.number, mine);
        }
        fits
    }

    /// Whether all together hold no more than the budget.
    pub(super) fn all_fits(&self, budget: usize) -> bool {
        self.all.total() <= budget
    }

    /// Wakes those that wait for messages: none of them says that it is at work after that.
    pub(super) fn ask(&self) {
        self.all.0.pressed.notify_waiters();
    }

    /// Wakes the others that wait for messages, if all together hold too much. Not to be done by one that was woken so: two
    /// would wake each other for as long as a third holds too much.
    pub(super) fn press(&self, budget: usize) {
        if self.all.total() > budget {
            self.all.0.pressed.notify_waiters();
        }
    }

    /// How much it may hold.
    pub(super) fn may_hold(&self, budget: usize) -> usize {
        let held = self.all.held();
        let mine = held.get(&self.number).copied().unwrap_or_default();
        let others: Vec<Held> = held.iter().filter(|(number, _)| **number != self.number).map(|(_, h)| *h).collect();
        drop(held);
        allowance(budget, mine, &others)
    }

    /// Comes back when one of the others has no room.
    pub(super) async fn pressed(&self) {
        self.all.0.pressed.notified().await;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.all.held().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn held(all: usize, at_work: usize) -> Held {
        Held { all, at_work }
    }

    #[test]
    fn what_the_others_do_not_hold_may_be_held() {
        assert_eq!(allowance(90, held(0, 0), &[]), 90);
        assert_eq!(allowance(90, held(70, 70), &[held(5, 5), held(0, 0)]), 85);
        // It wants more than there is, and so does another: half for each.
        assert_eq!(allowance(90, held(45, 1), &[held(80, 1)]), 45);
        assert_eq!(allowance(90, held(80, 1), &[held(45, 1)]), 45);
        // One that holds little keeps it.
        assert_eq!(allowance(90, held(80, 1), &[held(10, 1), held(80, 1)]), 40);
    }

    #[test]
    fn a_case_at_work_is_kept_while_idle_ones_are_let_go() {
        assert_eq!(allowance(90, held(70, 70), &[held(45, 1)]), 70);
        assert_eq!(allowance(90, held(45, 1), &[held(70, 70)]), 20);
        // Both cannot be kept: they take turns.
        assert_eq!(allowance(90, held(70, 70), &[held(45, 45)]), 45);
    }

    #[test]
    fn of_two_that_ask_for_the_same_room_one_gets_it() {
        let pipelines = Pipelines::default();
        let (one, other, third) = (pipelines.join(), pipelines.join(), pipelines.join());
        third.holds(held(30, 0));
        assert!(one.reserve(held(60, 0), 90));
        assert!(!other.reserve(held(1, 0), 90), "the room is taken before anything is in it");
        assert!(one.reserve(held(60, 0), 90), "what is one's own does not count twice");
        one.holds(held(40, 0));
        assert!(other.reserve(held(20, 0), 90), "it needed less than it said");
        drop(one);
        assert!(!third.reserve(held(71, 0), 90) && third.reserve(held(70, 0), 90));
    }

    #[test]
    fn what_is_claimed_may_take_the_place_of_idle_cases_and_of_none_at_work() {
        let pipelines = Pipelines::default();
        let (one, other, third) = (pipelines.join(), pipelines.join(), pipelines.join());
        other.holds(held(60, 20));
        third.holds(held(30, 0));
        assert!(!one.claim(held(71, 71), 90), "20 are at work");
        assert!(other.may_hold(90) >= 60, "what was not granted counts for nothing");
        assert!(one.claim(held(70, 70), 90) && !one.all_fits(90));
        assert_eq!((other.may_hold(90), third.may_hold(90)), (20, 0), "only the case at work may stay");
        assert!(!third.claim(held(1, 1), 90), "it is claimed already");
        other.holds(held(20, 20));
        third.holds(held(0, 0));
        assert!(one.all_fits(90));
    }

    proptest! {
        #[test]
        fn all_together_stay_within_the_budget(
            budget in 0_usize..1000,
            all in prop::collection::vec((0_usize..1000, 0_usize..300), 1..9),
        ) {
            let all: Vec<Held> = all.into_iter().map(|(all, at_work)| held(all, at_work.min(all))).collect();
            let held_then: Vec<usize> = (0..all.len()).map(|at| {
                let others: Vec<Held> = all.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, h)| *h).collect();
                allowance(budget, all[at], &others).min(all[at].all)
            }).collect();
            prop_assert!(held_then.iter().sum::<usize>() <= budget, "{held_then:?}");
            let at_work: usize = all.iter().map(|h| h.at_work).sum();
            let keep = held_then.iter().zip(&all).all(|(then, held)| *then >= held.at_work);
            prop_assert!(keep || at_work > budget, "a case at work is let go though there is room: {held_then:?}");
            let fits = all.iter().map(|h| h.all).sum::<usize>() <= budget;
            prop_assert!(!fits || held_then.iter().zip(&all).all(|(then, h)| *then == h.all), "nobody gives what nobody wants");
        }
    }
}
