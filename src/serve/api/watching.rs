//! What somebody is told of as it happens: the flags and the clocks of the cases that they may watch, asked anew every few
//! seconds, because a feed is open for hours and a grant may be withdrawn meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::access::{Stretch, Viewer};
use crate::query::Gate;
use crate::stream::LiveFlag;
use crate::time::{Stopwatch, parse_utc};

/// How long what was decided of a case is held to be so, seconds.
const HOLDS_S: f64 = 2.0;
/// Decisions that are kept; then all are asked anew.
const MOST: usize = 10_000;

/// Somebody who watches.
pub(in crate::serve) struct Watching {
    gate: Arc<dyn Gate>,
    viewer: Viewer,
    decided: BTreeMap<Box<str>, (Stopwatch, Vec<Stretch>)>,
}

impl std::fmt::Debug for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watching").field("viewer", &self.viewer).finish_non_exhaustive()
    }
}

/// The time of a flag.
#[derive(Deserialize)]
struct Lasting<'a> {
    #[serde(borrow)]
    enter: &'a str,
    #[serde(borrow)]
    exit: &'a str,
}

/// Whether a flag lies wholly in one of the stretches. Pure.
fn lies_in(stretches: &[Stretch], json: &str) -> bool {
    if stretches.iter().any(|s| *s == Stretch::default()) {
        return true;
    }
    // Without its time it could be of any.
    let Ok(lasting) = serde_json::from_str::<Lasting<'_>>(json) else { return false };
    let (Some(t0_us), Some(t1_us)) = (parse_utc(lasting.enter), parse_utc(lasting.exit)) else { return false };
    stretches.iter().any(|s| s.holds(t0_us, t1_us))
}

impl Watching {
    /// Somebody who watches as a viewer may.
    pub const fn new(gate: Arc<dyn Gate>, viewer: Viewer) -> Self {
        Self { gate, viewer, decided: BTreeMap::new() }
    }

    /// Whether they are told of a case at all.
    pub async fn sees_case(&mut self, case_id: &str) -> bool {
        !self.stretches(case_id).await.is_empty()
    }

    /// Whether they are told of a flag.
    pub async fn sees(&mut self, flag: &LiveFlag) -> bool {
        let stretches = self.stretches(&flag.case_id).await;
        !stretches.is_empty() && lies_in(stretches, &flag.json)
    }

    async fn stretches(&mut self, case_id: &str) -> &[Stretch] {
        let holds = self.decided.get(case_id).is_some_and(|(decided, _)| decided.seconds() < HOLDS_S);
        if !holds {
            if self.decided.len() >= MOST {
                self.decided.clear();
            }
            let decided = Stopwatch::start();
            let stretches = self.gate.watched(&self.viewer, case_id).await;
            self.decided.insert(case_id.into(), (decided, stretches));
        }
        self.decided.get(case_id).map_or(&[], |(_, stretches)| stretches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_that_reaches_out_of_the_stretch_is_not_told() {
        let flag = |enter: &str, exit: &str| format!(r#"{{"case_id":"C","enter":"{enter}","exit":"{exit}","n":1}}"#);
        let us = |text: &str| parse_utc(text);
        let june = Stretch { from_us: us("2025-06-01T00:00:00Z"), until_us: us("2025-07-01T00:00:00Z") };
        let within = flag("2025-06-10T00:00:00Z", "2025-06-10T01:00:00.5Z");
        let out = flag("2025-06-30T23:59:00Z", "2025-07-01T00:00:00Z");
        assert!(lies_in(&[june], &within) && !lies_in(&[june], &out));
        assert!(lies_in(&[june, Stretch::default()], &out));
        assert!(!lies_in(&[june], "{}") && !lies_in(&[june], &flag("soon", "later")) && !lies_in(&[], &within));
    }
}
