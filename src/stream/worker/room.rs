//! What a pipeline may hold in memory, and what it lets go above that.

use super::Worker;
use crate::stream::StreamError;
use crate::stream::memory::Held;

/// Messages of one step at least, however little memory there is.
const LEAST_MESSAGES: usize = 32;
/// What a message adds to a case in memory, at most as a rule: a record in the join and beside it, and what is said of it.
const MESSAGE_BYTES: usize = 512;

impl Worker {
    /// How many messages a step may take, and of how many cases: what they add is in memory at once, and so is each case
    /// that has to be taken into memory for one of them.
    pub(super) fn room_of_a_step(&self) -> (usize, usize) {
        let (held, in_memory) = (self.pipeline.bytes(), self.pipeline.cases_in_memory());
        // The others take steps as well.
        let room = self.memory.share(self.options.cases_bytes()) / 4;
        // An attribution makes a case take up to twice as much: its records come into the join.
        let all_fit = self.known.len() <= in_memory && held <= self.memory.may_hold(self.options.cases_bytes()) / 2;
        let cases = match held.checked_div(in_memory) {
            _ if all_fit => usize::MAX,
            Some(a_case) => (room / a_case.max(1)).max(1),
            // Of a pipeline without cases it is not known yet what one takes.
            None => 1,
        };
        ((room / MESSAGE_BYTES).max(LEAST_MESSAGES), cases)
    }

    /// Lets the cases go that were needed longest ago, until what is left fits.
    pub(super) fn make_room(&mut self) -> Result<(), StreamError> {
        self.let_go(self.pipeline.at_work_bytes())?;
        self.memory.press(self.options.cases_bytes());
        Ok(())
    }

    /// The same for a pipeline that has no room, where nothing is at work.
    pub(super) fn give_room(&mut self) -> Result<(), StreamError> {
        self.let_go(0)?;
        self.gauge();
        Ok(())
    }

    fn let_go(&mut self, at_work: usize) -> Result<(), StreamError> {
        // Room that is claimed for a case counts as if the case were there, and at work.
        let claimed = self.again.claimed();
        let at_work = at_work.max(claimed);
        let holds = |in_memory: usize| {
            let all = in_memory.saturating_add(claimed);
            Held { all, at_work: at_work.min(all) }
        };
        self.memory.holds(holds(self.pipeline.bytes()));
        let allowed = self.memory.may_hold(self.options.cases_bytes());
        if holds(self.pipeline.bytes()).all <= allowed {
            return Ok(());
        }
        // Some room besides, so that this is not done at every step; not at the price of the case at work.
        let enough = allowed.min(at_work.max(allowed / 8 * 7));
        while holds(self.pipeline.bytes()).all > enough {
            let saved = self.pipeline.idle(self.saved_step);
            // Of none of them everything is stored: it is before the case is wanted again.
            self.gone_unsaved |= saved.is_none();
            let Some(case_id) = saved.or_else(|| self.pipeline.idle(u64::MAX)) else { break };
            self.pipeline.forget(&case_id)?;
            // There is no room for more of them, and those that were in memory may have left it unsaved.
            self.to_recall.clear();
        }
        self.memory.holds(holds(self.pipeline.bytes()));
        Ok(())
    }
}
