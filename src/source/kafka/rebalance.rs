//! What to do when partitions come and go: a pure decision, so that it can be tested without a broker.
//!
//! | what the group says | what is stopped | what the owner is asked | what librdkafka is told |
//! | --- | --- | --- | --- |
//! | granted | nothing | where to start, for those that are new | assign the new ones |
//! | taken | those that are held | to let go of them | unassign them |
//! | taken, and lost already | those that are held | nothing: told | unassign them |
//!
//! librdkafka waits for exactly one call after each of these, even if there is nothing to assign; and a call that names a
//! partition twice assigned, or one that is not assigned, fails as a whole. Numbers are of partitions of both topics: see
//! the module's head for why they go together.

use std::collections::BTreeSet;

/// What the group says about partitions of `fixes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebalance {
    /// They are this instance's from now on, besides what it has (cooperative: an increment).
    Granted(Vec<i32>),
    /// They are asked back.
    Taken {
        /// The partitions.
        partitions: Vec<i32>,
        /// The membership has ended already: another may be reading them.
        lost: bool,
    },
}

/// What the owner is asked before librdkafka is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Where to start each of these.
    Starts(Vec<i32>),
    /// To commit what it will and to let go of these.
    LetGo(Vec<i32>),
}

/// What librdkafka is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Assign these, both topics, besides what is assigned.
    Assign(Vec<i32>),
    /// Unassign these, both topics.
    Unassign(Vec<i32>),
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Hand on nothing more of these, and end their channels.
    pub stop: Vec<i32>,
    /// Tell the owner that these are gone.
    pub lost: Vec<i32>,
    /// Ask the owner, and wait.
    pub question: Option<Question>,
    /// Tell librdkafka.
    pub call: Call,
}

/// What to do about a rebalance, given the partitions that are held now.
#[must_use]
pub fn decide(held: &BTreeSet<i32>, rebalance: &Rebalance) -> Plan {
    match rebalance {
        Rebalance::Granted(granted) => {
            let new = sorted(granted.iter().filter(|p| !held.contains(p)));
            let question = (!new.is_empty()).then(|| Question::Starts(new.clone()));
            Plan { stop: Vec::new(), lost: Vec::new(), question, call: Call::Assign(new) }
        }
        Rebalance::Taken { partitions, lost } => {
            let ours = sorted(partitions.iter().filter(|p| held.contains(p)));
            let ask = !ours.is_empty() && !lost;
            Plan {
                stop: ours.clone(),
                lost: if *lost { ours.clone() } else { Vec::new() },
                question: ask.then(|| Question::LetGo(ours.clone())),
                call: Call::Unassign(ours),
            }
        }
    }
}

fn sorted<'a>(partitions: impl Iterator<Item = &'a i32>) -> Vec<i32> {
    partitions.copied().collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held(partitions: &[i32]) -> BTreeSet<i32> {
        partitions.iter().copied().collect()
    }

    #[test]
    fn what_is_granted_is_asked_for_and_then_assigned() {
        let plan = decide(&held(&[0]), &Rebalance::Granted(vec![5, 3]));
        assert_eq!(plan.question, Some(Question::Starts(vec![3, 5])));
        assert_eq!(plan.call, Call::Assign(vec![3, 5]), "0 stays as it is: the protocol is incremental");
        assert!(plan.stop.is_empty() && plan.lost.is_empty());
    }

    #[test]
    fn nothing_new_is_still_answered() {
        let plan = decide(&held(&[1]), &Rebalance::Granted(vec![]));
        assert_eq!((plan.question, plan.call), (None, Call::Assign(vec![])), "or librdkafka waits for ever");
        let plan = decide(&held(&[1]), &Rebalance::Granted(vec![1, 1]));
        assert_eq!(plan.call, Call::Assign(vec![]), "to assign what is assigned fails the call");
    }

    #[test]
    fn what_is_taken_is_stopped_before_the_owner_is_asked() {
        let plan = decide(&held(&[0, 1, 2]), &Rebalance::Taken { partitions: vec![2, 0], lost: false });
        assert_eq!(plan.stop, [0, 2]);
        assert_eq!(plan.question, Some(Question::LetGo(vec![0, 2])));
        assert_eq!(plan.call, Call::Unassign(vec![0, 2]));
        assert!(plan.lost.is_empty());
    }

    #[test]
    fn of_what_is_lost_nothing_is_asked() {
        let plan = decide(&held(&[0, 1]), &Rebalance::Taken { partitions: vec![0, 1], lost: true });
        assert_eq!((plan.question, plan.lost), (None, vec![0, 1]), "a commit now would race with the next owner's");
        assert_eq!(plan.call, Call::Unassign(vec![0, 1]));
    }

    proptest! {
        /// Whatever the group says, in whatever order: librdkafka is never told to assign what is assigned or to
        /// unassign what is not, and what stops is exactly what is unassigned.
        #[test]
        fn calls_never_fail_on_what_is_held(says in proptest::collection::vec(
            (any::<bool>(), any::<bool>(), proptest::collection::vec(0..8_i32, 0..6)), 0..30)) {
            let mut held = BTreeSet::new();
            for (grant, lost, partitions) in says {
                let rebalance = if grant { Rebalance::Granted(partitions) } else { Rebalance::Taken { partitions, lost } };
                let plan = decide(&held, &rebalance);
                match plan.call {
                    Call::Assign(new) => {
                        prop_assert!(plan.stop.is_empty());
                        for p in new { prop_assert!(held.insert(p), "{} twice", p); }
                    }
                    Call::Unassign(old) => {
                        prop_assert_eq!(&plan.stop, &old);
                        for p in old { prop_assert!(held.remove(&p), "{} is not held", p); }
                    }
                }
            }
        }
    }
}
