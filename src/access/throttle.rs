//! Tries that failed make the next ones wait, so that a password cannot be guessed by trying.
//!
//! ```text
//!  failures of one account from one address:  0    1     2    3   4   5   6 or more
//!  the next try waits for:                    0  0.25   0.5   1   2   4   8 s, and tries take turns
//! ```
//! The invariant: tries from one address hold up no other address and no other account, so that nobody can shut somebody
//! else out by failing on purpose. What is kept is bounded, and forgotten after a while.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use super::Refusal;

/// The wait after the first failure, microseconds; it doubles with each.
const FIRST_US: i64 = 250_000;
/// The longest wait between two tries, microseconds.
const LONGEST_US: i64 = 8_000_000;
/// A try that would have to wait longer than this for its turn is not looked at, microseconds.
const PATIENCE_US: i64 = 2 * LONGEST_US;
/// Without a try for so long, failures are forgotten, microseconds.
const FORGOTTEN_US: i64 = 900_000_000;
/// Pairs of an account and an address that are remembered.
const REMEMBERED: usize = 10_000;

/// Failures by account and address.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<BTreeMap<Key, Tries>>);

/// An account and an address, as a hash: of one size whatever somebody says their name is.
type Key = [u8; 16];

#[derive(Debug, Clone, Copy, Default)]
struct Tries {
    failures: u32,
    /// When the next may be made.
    next_us: i64,
    /// When there was one last.
    last_us: i64,
}

impl Throttle {
    /// How long a try waits for its turn, microseconds. `now_us` are microseconds of any clock that does not jump.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] if it would wait too long: then it is not looked at.
    pub fn admit(&self, account: &str, client: &str, now_us: i64) -> Result<i64, Refusal> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(account, client);
        if held.get(&key).is_some_and(|tries| now_us - tries.last_us >= FORGOTTEN_US) {
            held.remove(&key);
        }
        let Some(tries) = held.get_mut(&key) else { return Ok(0) };
        let turn_us = tries.next_us.max(now_us);
        if turn_us - now_us > PATIENCE_US {
            return Err(Refusal::TooManyTries);
        }
        tries.next_us = turn_us + delay_us(tries.failures);
        tries.last_us = now_us;
        Ok(turn_us - now_us)
    }

    /// A try failed.
    pub fn failed(&self, account: &str, client: &str, now_us: i64) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(account, client);
        if held.len() >= REMEMBERED && !held.contains_key(&key) {
            make_room(&mut held, now_us);
        }
        let tries = held.entry(key).or_default();
        tries.failures = tries.failures.saturating_add(1);
        tries.next_us = tries.next_us.max(now_us + delay_us(tries.failures));
        tries.last_us = now_us;
    }

    /// A try succeeded: what failed before is forgotten.
    pub fn succeeded(&self, account: &str, client: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(account, client));
    }
}

/// The wait after so many failures.
fn delay_us(failures: u32) -> i64 {
    let doublings = failures.saturating_sub(1).min(16);
    if failures == 0 { 0 } else { (FIRST_US << doublings).min(LONGEST_US) }
}

/// Forgets what is old, and if nothing is, what was tried longest ago.
fn make_room(held: &mut BTreeMap<Key, Tries>, now_us: i64) {
    held.retain(|_, tries| now_us - tries.last_us < FORGOTTEN_US);
    if held.len() >= REMEMBERED {
        let oldest = held.iter().min_by_key(|(_, tries)| tries.last_us).map(|(key, _)| *key);
        held.retain(|key, _| Some(*key) != oldest);
    }
}

fn key(account: &str, client: &str) -> Key {
    let mut hash = blake3::Hasher::new();
    hash.update(account.as_bytes()).update(&[0]).update(place(client).as_bytes());
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    key
}

/// Where somebody comes from, without what they can choose freely: the port, and the lower half of an IPv6 address.
fn place(client: &str) -> String {
    let address = client.parse().map(|socket: SocketAddr| socket.ip()).or_else(|_| client.parse());
    match address.map(|ip: IpAddr| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => format!("{:x?}", &ip.segments()[..4]),
        Ok(ip) => ip.to_string(),
        Err(_) => client.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.7:1";

    #[test]
    fn each_failure_doubles_the_wait_up_to_the_longest_and_a_success_ends_it() {
        let throttle = Throttle::default();
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..8 {
            let wait = throttle.admit("ann", HERE, now).unwrap();
            waits.push(wait);
            now += wait;
            throttle.failed("ann", HERE, now);
        }
        assert_eq!(waits, [0, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 8_000_000]);
        throttle.succeeded("ann", HERE);
        assert_eq!(throttle.admit("ann", HERE, now), Ok(0));
    }

    #[test]
    fn others_are_not_held_up() {
        let throttle = Throttle::default();
        (0..20).for_each(|_| throttle.failed("ann", HERE, 0));
        assert_eq!(throttle.admit("ann", "192.0.2.8:1", 0), Ok(0), "the account from elsewhere");
        assert_eq!(throttle.admit("ben", HERE, 0), Ok(0), "another account from there");
        assert_eq!(throttle.admit("ann", "192.0.2.7:9", 0), Ok(LONGEST_US), "another port is no other place");
        assert_eq!(throttle.admit("ann", HERE, FORGOTTEN_US), Ok(0), "after a while it is forgotten");
    }

    #[test]
    fn tries_at_once_take_turns_and_who_would_wait_too_long_is_turned_away() {
        let throttle = Throttle::default();
        (0..20).for_each(|_| throttle.failed("ann", HERE, 0));
        let turns: Vec<_> = (0..4).map(|_| throttle.admit("ann", HERE, 0)).collect();
        assert_eq!(turns, [Ok(LONGEST_US), Ok(2 * LONGEST_US), Err(Refusal::TooManyTries), Err(Refusal::TooManyTries)]);
        assert_eq!(throttle.admit("ann", HERE, 2 * LONGEST_US), Ok(LONGEST_US), "those turned away took no turn");
    }

    #[test]
    fn addresses_of_one_network_are_one_place() {
        assert_eq!(key("ann", "[2001:db8::1]:5"), key("ann", "[2001:db8:0:0:9::2]:6"));
        assert_ne!(key("ann", "[2001:db8::1]:5"), key("ann", "[2001:db8:0:1::1]:5"));
        assert_eq!(key("ann", "[::ffff:192.0.2.7]:5"), key("ann", HERE));
        assert_ne!(key("ann", "x"), key("annx", ""));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for_and_what_was_tried_last_stays() {
        let throttle = Throttle::default();
        for n in 0..REMEMBERED + 50 {
            throttle.failed(&n.to_string(), HERE, i64::try_from(n).unwrap());
        }
        assert_eq!(throttle.0.lock().unwrap().len(), REMEMBERED);
        assert_eq!(throttle.admit("0", HERE, 20_000), Ok(0));
        assert!(throttle.admit(&(REMEMBERED + 49).to_string(), HERE, 20_000).unwrap() > 0);
    }
}
