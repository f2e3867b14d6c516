//! A question that the owner has not answered yet, looked at between two polls.

use std::sync::mpsc::{Receiver, TryRecvError};

use super::offset::Position;
use super::rebalance::Call;
use crate::time::Stopwatch;

/// What is waited for.
pub(super) enum Awaited {
    /// Where to start.
    Starts(Receiver<Vec<Position>>),
    /// That the partitions may go.
    LetGo(Receiver<()>),
}

/// How a question stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Answered, or given up where that may be: make the call, with these positions.
    Done(Vec<Position>),
    /// No answer yet.
    Open,
    /// No answer within the time, and none can be done without.
    Late,
    /// The owner has thrown the question away: it has gone.
    OwnerGone,
}

/// A question on its way.
pub(super) struct Pending {
    /// What follows the answer.
    pub(super) call: Call,
    awaited: Awaited,
    since: Stopwatch,
}

impl Pending {
    pub(super) fn new(call: Call, awaited: Awaited) -> Self {
        Self { call, awaited, since: Stopwatch::start() }
    }

    /// Looks for the answer; never waits.
    pub(super) fn look(&self, timeout_ms: u32) -> Standing {
        let late = self.since.seconds() * 1e3 >= f64::from(timeout_ms);
        match &self.awaited {
            Awaited::Starts(answer) => match answer.try_recv() {
                Ok(positions) => Standing::Done(positions),
                Err(TryRecvError::Disconnected) => Standing::OwnerGone,
                Err(TryRecvError::Empty) if late => Standing::Late,
                Err(TryRecvError::Empty) => Standing::Open,
            },
            // Others wait for these partitions. A commit that comes too late is refused by the store, not by us.
            Awaited::LetGo(answer) => match answer.try_recv() {
                Err(TryRecvError::Empty) if !late => Standing::Open,
                _ => Standing::Done(Vec::new()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Reply;
    use super::*;

    #[test]
    fn partitions_are_let_go_without_an_answer_but_never_taken_without_one() {
        let (reply, answer) = Reply::<()>::new();
        let question = Pending::new(Call::Unassign(vec![1]), Awaited::LetGo(answer));
        assert_eq!(question.look(60_000), Standing::Open);
        assert_eq!(question.look(0), Standing::Done(vec![]));
        drop(reply);
        assert_eq!(question.look(60_000), Standing::Done(vec![]));

        let (reply, answer) = Reply::<Vec<Position>>::new();
        let question = Pending::new(Call::Assign(vec![1]), Awaited::Starts(answer));
        assert_eq!((question.look(60_000), question.look(0)), (Standing::Open, Standing::Late));
        reply.send(Vec::new());
        assert_eq!(question.look(0), Standing::Done(vec![]), "late, but there");
        assert_eq!(question.look(0), Standing::OwnerGone);
    }
}
