//! Which threads stand behind which: what flags wait for comes before everything else.
//!
//! ```text
//!  pipelines, connections     as the process was started
//!  questions                  less than these, where both want a core
//!  data files                 least
//! ```
//! On Linux by niceness, which gives a thread that stands behind a smaller share of a core that others want, and all of one
//! that nobody wants. Elsewhere it is the whole process's, and every thread stays where it is.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

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
    fn step_back(self) {
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

/// Threads of their own. Whoever lets go of them does not wait for what they are at.
#[derive(Debug)]
pub struct Pool(Option<Runtime>);

impl Pool {
    /// Threads as they are described, behind others.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn start(builder: &mut Builder, behind: Behind) -> io::Result<Self> {
        builder.on_thread_start(move || behind.step_back()).build().map(|runtime| Self(Some(runtime)))
    }

    /// Where work is given; that of whoever asks if they end already.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.0.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // A runtime must not wait for its threads where others wait for it.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_threads_of_a_pool_step_back_and_no_others() {
        let before = Behind::niceness().unwrap();
        for (behind, wanted) in [(Behind::Questions, 5), (Behind::Files, 10)] {
            let pool = Pool::start(Builder::new_multi_thread().worker_threads(1), behind).unwrap();
            let spawned = pool.handle().spawn(async { Behind::niceness() }).await.unwrap();
            let blocking = pool.handle().spawn_blocking(Behind::niceness).await.unwrap();
            // A process may have been started further behind.
            assert!(spawned == Some(wanted) || before > wanted, "{behind:?}: {spawned:?}, and the process {before}");
            assert_eq!(blocking, spawned);
        }
        assert_eq!(Behind::niceness(), Some(before));
    }
}
