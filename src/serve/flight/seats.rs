//! Who sits here: seats by what their clients show, few, and each for a time.
//!
//! ```text
//!  password ─> handshake ─> pass: flight_<64 hexadecimal digits>, 256 random bits; idle so long, or so old: gone
//!  API token, at any call ─> a seat for all that show it; every minute the gate is asked again
//! ```
//! Of a pass only BLAKE3 is kept; it is in memory alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use tonic::Status;

use super::seat::Seat;
use crate::query::Session;
use crate::time::{Clock, US_PER_S};

/// How every pass begins.
const PREFIX: &str = "flight_";
/// Seats at once, and those of one account: one more, and its account's longest unused is gone.
const MOST: usize = 1_000;
const MOST_OF_ACCOUNT: usize = 32;
/// How long it is believed that a token holds, before the gate is asked again.
const BELIEVED_US: i64 = 60 * US_PER_S;

/// Who sits here.
pub(super) struct Seats {
    clock: Arc<dyn Clock>,
    idle_us: i64,
    life_us: i64,
    /// By the first bytes of the hash of what their clients show.
    taken: Mutex<BTreeMap<u64, Taken>>,
}

struct Taken {
    hash: blake3::Hash,
    seat: Arc<Seat>,
    account: String,
    is_pass: bool,
    since_us: i64,
    shown_us: i64,
    used_us: i64,
}

/// What there is for something that a client shows.
pub(super) enum Found {
    /// A seat.
    Seat(Arc<Seat>),
    /// An API token: the gate must be asked.
    Ask,
    /// A pass that never was, or is over.
    Over,
}

fn is_pass(shown: &str) -> bool {
    shown.starts_with(PREFIX)
}

fn key(hash: &blake3::Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Seats {
    /// Nobody yet. A seat that is not used for `idle` is gone, and a pass `life` after it was given.
    pub fn new(clock: Arc<dyn Clock>, idle: Duration, life: Duration) -> Self {
        Self { clock, idle_us: micros(idle), life_us: micros(life), taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<u64, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self, taken: &Taken, now_us: i64) -> bool {
        let idle = now_us.saturating_sub(taken.used_us) >= self.idle_us;
        idle || taken.is_pass && now_us.saturating_sub(taken.since_us) >= self.life_us
    }

    /// The seat of somebody by what they show.
    pub fn find(&self, shown: &str) -> Found {
        let (hash, now_us) = (blake3::hash(shown.as_bytes()), self.clock.now_us());
        let none = || if is_pass(shown) { Found::Over } else { Found::Ask };
        let mut all = self.taken();
        let Some(taken) = all.get_mut(&key(&hash)) else { return none() };
        if !bool::from(taken.hash.as_bytes().ct_eq(hash.as_bytes())) {
            return none();
        }
        if self.is_over(taken, now_us) {
            all.remove(&key(&hash));
            return none();
        }
        taken.used_us = now_us;
        if !taken.is_pass && now_us.saturating_sub(taken.shown_us) >= BELIEVED_US {
            return Found::Ask;
        }
        Found::Seat(Arc::clone(&taken.seat))
    }

    /// A pass for somebody who has come in.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` if there are too many.
    pub fn pass(&self, session: Arc<Session>) -> Result<String, Status> {
        let shown = format!("{PREFIX}{}", blake3::Hash::from_bytes(rand::random()).to_hex());
        self.sit(&shown, session)?;
        Ok(shown)
    }

    /// The seat of what the gate has let in: the one that it has already, if it has one.
    ///
    /// # Errors
    /// As [`Self::pass`].
    pub fn sit(&self, shown: &str, session: Arc<Session>) -> Result<Arc<Seat>, Status> {
        let (hash, now_us) = (blake3::hash(shown.as_bytes()), self.clock.now_us());
        let mut all = self.taken();
        all.retain(|_, taken| !self.is_over(taken, now_us));
        // Two calls at once may both have asked the gate.
        if let Some(taken) = all.get_mut(&key(&hash)).filter(|taken| taken.hash == hash) {
            (taken.shown_us, taken.used_us) = (now_us, now_us);
            taken.seat.renew(session);
            return Ok(Arc::clone(&taken.seat));
        }
        let account = session.viewer().account.clone();
        let own = all.iter().filter(|(_, taken)| taken.account == account);
        let (count, longest) = own.fold((0, None::<(i64, u64)>), |(count, longest), (key, taken)| {
            let this = (taken.used_us, *key);
            (count + 1, Some(longest.map_or(this, |other| other.min(this))))
        });
        if let (MOST_OF_ACCOUNT.., Some((_, longest))) = (count, longest) {
            all.remove(&longest);
        }
        if all.len() >= MOST {
            return Err(Status::resource_exhausted(format!("{MOST} sessions are open: try again later")));
        }
        let seat = Arc::new(Seat::new(session, Arc::clone(&self.clock)));
        let (is_pass, kept) = (is_pass(shown), Arc::clone(&seat));
        let taken = Taken { hash, seat, account, is_pass, since_us: now_us, shown_us: now_us, used_us: now_us };
        all.insert(key(&hash), taken);
        Ok(kept)
    }

    /// Somebody leaves: what they show holds no longer, and what they run ends. Whether there was a pass to give back.
    pub fn leave(&self, shown: &str) -> bool {
        let hash = blake3::hash(shown.as_bytes());
        let mut all = self.taken();
        if all.get(&key(&hash)).is_none_or(|taken| taken.hash != hash) {
            return false;
        }
        all.remove(&key(&hash)).is_some_and(|taken| {
            taken.seat.cancel_all();
            taken.is_pass
        })
    }

    /// Whether what somebody shows is a pass, which can be given back; a token stays a token.
    pub fn is_pass(shown: &str) -> bool {
        is_pass(shown)
    }

    /// Lets go of seats that are over.
    pub fn sweep(&self) {
        let now_us = self.clock.now_us();
        self.taken().retain(|_, taken| !self.is_over(taken, now_us));
    }
}
