//! Handles: what a client is given for something that is kept for it. Random, so that none can be guessed, and few, so
//! that a client that forgets to let go of them fills no memory.

use std::collections::BTreeMap;

use tonic::Status;

/// 256 random bits.
pub(super) type Handle = [u8; 32];

/// The most things of a kind that are kept for one client.
const MOST: usize = 100;
/// The most text in them, bytes; a plan takes some times as much.
const MOST_BYTES: usize = 1 << 20;

/// Things that are kept for one client, by handle.
#[derive(Debug)]
pub(super) struct Handles<T> {
    what: &'static str,
    /// How long one is kept, microseconds; `None` until it is let go of.
    life_us: Option<i64>,
    kept: BTreeMap<Handle, Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    thing: T,
    bytes: usize,
    since_us: i64,
}

impl<T> Handles<T> {
    /// None yet; `what` is what the client calls them.
    pub const fn new(what: &'static str, life_us: Option<i64>) -> Self {
        Self { what, life_us, kept: BTreeMap::new() }
    }

    /// Keeps something that was made of so many bytes of text. If there are too many, the oldest of those that are kept
    /// for a time only makes room.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` if there are too many, and they are kept until they are let go of.
    pub fn keep(&mut self, thing: T, bytes: usize, now_us: i64) -> Result<Handle, Status> {
        let life_us = self.life_us;
        self.kept.retain(|_, kept| !is_over(kept.since_us, life_us, now_us));
        while self.kept.len() >= MOST || self.bytes().saturating_add(bytes) > MOST_BYTES {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.since_us).map(|(handle, _)| *handle);
            let oldest = oldest.filter(|_| life_us.is_some()).ok_or_else(|| {
                let most = format!("at most {MOST}, of {MOST_BYTES} bytes of text together");
                Status::resource_exhausted(format!("too many {}s are open: {most}", self.what))
            })?;
            self.kept.remove(&oldest);
        }
        let handle: Handle = rand::random();
        self.kept.insert(handle, Kept { thing, bytes, since_us: now_us });
        Ok(handle)
    }

    fn bytes(&self) -> usize {
        self.kept.values().map(|kept| kept.bytes).sum()
    }

    /// Something that is kept.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub fn get(&self, handle: &[u8], now_us: i64) -> Result<&T, Status> {
        let found = <&Handle>::try_from(handle).ok().and_then(|handle| self.kept.get(handle));
        let found = found.filter(|kept| !is_over(kept.since_us, self.life_us, now_us));
        found.map(|kept| &kept.thing).ok_or_else(|| missing(self.what))
    }

    /// Puts something, of so many bytes, in the place of what is kept.
    ///
    /// # Errors
    /// `NOT_FOUND`; `RESOURCE_EXHAUSTED` if it is too large beside the others, and what was kept still is.
    pub fn replace(&mut self, handle: &[u8], thing: T, bytes: usize) -> Result<(), Status> {
        let held = self.bytes();
        let found = <&Handle>::try_from(handle).ok().and_then(|handle| self.kept.get_mut(handle));
        let kept = found.ok_or_else(|| missing(self.what))?;
        if held.saturating_sub(kept.bytes).saturating_add(bytes) > MOST_BYTES {
            let told = format!("the values of all {}s that are open are larger than {MOST_BYTES} bytes", self.what);
            return Err(Status::resource_exhausted(told));
        }
        (kept.thing, kept.bytes) = (thing, bytes);
        Ok(())
    }

    /// Takes something out.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub fn take(&mut self, handle: &[u8], now_us: i64) -> Result<T, Status> {
        let found = <&Handle>::try_from(handle).ok().and_then(|handle| self.kept.remove(handle));
        let found = found.filter(|kept| !is_over(kept.since_us, self.life_us, now_us));
        found.map(|kept| kept.thing).ok_or_else(|| missing(self.what))
    }
}

fn is_over(since_us: i64, life_us: Option<i64>, now_us: i64) -> bool {
    life_us.is_some_and(|life_us| now_us.saturating_sub(since_us) >= life_us)
}

/// There is none, it was used, it is over, or it is another's: all one to who asks.
fn missing(what: &str) -> Status {
    Status::not_found(format!("this session has no such {what}"))
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn what_is_kept_is_found_until_it_is_taken_or_over() {
        let mut handles = Handles::new("ticket", Some(10));
        let (first, second) = (handles.keep("a", 1, 0).unwrap(), handles.keep("b", 1, 5).unwrap());
        assert_eq!(handles.get(&first, 9).copied().unwrap(), "a");
        assert_eq!(handles.take(&first, 9).unwrap(), "a");
        assert_eq!(handles.take(&first, 9).unwrap_err().code(), Code::NotFound, "once");
        assert_eq!(handles.take(&second, 15).unwrap_err().code(), Code::NotFound, "over");
        assert_eq!(handles.take(b"short", 0).unwrap_err().code(), Code::NotFound);
    }

    #[test]
    fn statements_are_so_many_and_no_more() {
        let mut handles = Handles::new("statement", None);
        let first = handles.keep((), 1, 0).unwrap();
        for _ in 1..MOST {
            handles.keep((), 1, 0).unwrap();
        }
        assert_eq!(handles.keep((), 1, i64::MAX).unwrap_err().code(), Code::ResourceExhausted);
        handles.take(&first, 0).unwrap();
        assert!(handles.keep((), 1, 0).is_ok());
        let mut large = Handles::new("statement", None);
        let kept = large.keep("a", MOST_BYTES - 1, 0).unwrap();
        assert_eq!(large.keep("b", 2, 0).unwrap_err().code(), Code::ResourceExhausted);
        assert_eq!(large.replace(&kept, "c", MOST_BYTES + 1).unwrap_err().code(), Code::ResourceExhausted);
        assert_eq!(large.get(&kept, 0).copied().unwrap(), "a");
        large.replace(&kept, "d", 1).unwrap();
        assert!(large.keep("b", 2, 0).is_ok() && large.get(&kept, 0).copied().unwrap() == "d");
    }

    #[test]
    fn the_oldest_ticket_makes_room() {
        let mut handles = Handles::new("ticket", Some(1_000_000));
        let kept: Vec<Handle> = (0..150).map(|at| handles.keep(at, 1, at).unwrap()).collect();
        assert!(kept[..50].iter().all(|handle| handles.get(handle, 150).is_err()));
        assert!(kept[50..].iter().all(|handle| handles.get(handle, 150).is_ok()));
        let large = handles.keep(151, MOST_BYTES, 151).unwrap();
        assert!(handles.kept.len() == 1 && handles.take(&large, 151).is_ok());
    }
}
