//! Which threads stand behind which: what flags wait for comes before everything else.
//!
//! ```text
//!  pipelines, connections     as the process was started
//!  questions                  what these leave over
//!  data files                 what both leave over
//! ```
//! On Linux by niceness, which gives a thread that stands behind a smaller share of a core that others want, and all of one
//! that nobody wants. Elsewhere it is the whole process's, and every thread stays where it is.

/// What a thread is for that stands behind others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// Questions: about a third of what a pipeline on the same core has.
    Questions,
    /// Data files: about a tenth.
    Files,
}

impl Behind {
    /// The place on the scale of 0 to 99 that the crate has for all systems.
    #[cfg(target_os = "linux")]
    const fn on_scale(self) -> u8 {
        match self {
            // A niceness of 5.
            Self::Questions => 35,
            // A niceness of 10.
            Self::Files => 22,
        }
    }

    /// Makes the thread that calls it one of them, for good: only the system's administrator may step forward again.
    pub fn step_back(self) {
        #[cfg(target_os = "linux")]
        {
            use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};
            let Ok(place) = ThreadPriorityValue::try_from(self.on_scale()) else { return };
            if let Err(error) = set_current_thread_priority(ThreadPriority::Crossplatform(place)) {
                // It works all the same, beside the others.
                tracing::debug!(?error, thread = ?self, "a thread keeps its priority");
            }
        }
    }

    /// The niceness of the thread that calls it: the 19th field of `proc_pid_stat(5)`, whose second, the name, is in brackets.
    #[cfg(all(test, target_os = "linux"))]
    pub(crate) fn niceness() -> Option<i32> {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(16)?.parse().ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_steps_back_by_itself() {
        let before = Behind::niceness().unwrap();
        for (behind, wanted) in [(Behind::Questions, 5), (Behind::Files, 10)] {
            let stepped = move || {
                behind.step_back();
                Behind::niceness().unwrap()
            };
            let after = std::thread::spawn(stepped).join().unwrap();
            // A process may have been started further behind.
            assert!(after == wanted || before > wanted, "{behind:?}: {after}, and the process {before}");
        }
        assert_eq!(Behind::niceness(), Some(before));
    }
}
