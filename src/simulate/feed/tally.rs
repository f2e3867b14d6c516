//! Counting what a feed delivers, so that the truth can say it.

use crate::time::US_PER_S;

use super::record::{FeedBody, FeedFix, FeedItem};
use super::truth::{Delivered, FeedTruth, Planted};

/// No planted stretch lasts longer.
const LONGEST_US: i64 = 6 * 3_600 * US_PER_S;

/// A planted stretch that a device's records are watched for.
#[derive(Debug, Clone, Copy)]
struct Watch {
    from_us: i64,
    to_us: i64,
    planted: usize,
    /// Of the suspect's side, or of the target's.
    suspect: bool,
}

/// When the first record of each side was delivered.
#[derive(Debug, Clone, Copy, Default)]
struct Sides {
    suspect_us: Option<i64>,
    target_us: Option<i64>,
    target_is_place: bool,
}

impl Sides {
    fn known_us(self) -> Option<i64> {
        let suspect_us = self.suspect_us?;
        if self.target_is_place { Some(suspect_us) } else { Some(suspect_us.max(self.target_us?)) }
    }
}

#[derive(Debug, Clone, Default)]
struct Counted {
    fixes: u64,
    watches: Vec<Watch>,
}

/// Counts a feed's messages as they pass.
#[derive(Debug)]
pub struct Tally {
    truth: FeedTruth,
    delivered: Delivered,
    /// By case and device.
    devices: Vec<Vec<Counted>>,
    /// By planted stretch.
    sides: Vec<Sides>,
}

impl Tally {
    /// Begins with the truth about the feed, before anything was delivered.
    #[must_use]
    pub fn new(truth: FeedTruth) -> Self {
        let mut tally = Self { delivered: Delivered::default(), devices: Vec::new(), sides: Vec::new(), truth };
        let mut last = None;
        for device in &tally.truth.devices {
            if last != Some(&device.case_id) {
                tally.devices.push(Vec::new());
                last = Some(&device.case_id);
            }
            let watches = watches(&tally.truth, &device.case_id, &device.device_id);
            if let Some(case) = tally.devices.last_mut() {
                case.push(Counted { fixes: 0, watches });
            }
        }
        let side = |p: &Planted| Sides { target_is_place: !is_device(&tally.truth, p), ..Sides::default() };
        tally.sides = tally.truth.planted.iter().map(side).collect();
        tally
    }

    /// What has been delivered so far.
    #[must_use]
    pub const fn delivered(&self) -> Delivered {
        self.delivered
    }

    /// Counts a message.
    pub fn note(&mut self, item: &FeedItem) {
        match &item.body {
            FeedBody::Event(_) => self.delivered.case_events += 1,
            FeedBody::Fix(fix) => self.note_fix(item, fix),
        }
    }

    fn note_fix(&mut self, item: &FeedItem, fix: &FeedFix) {
        self.delivered.records += 1;
        if fix.duplicate {
            self.delivered.duplicates += 1;
            return;
        }
        let Some(counted) = self.devices.get_mut(item.case).and_then(|case| case.get_mut(fix.device)) else { return };
        counted.fixes += 1;
        let begun = counted.watches.partition_point(|w| w.from_us <= fix.true_us);
        let recent = counted.watches.get(..begun).unwrap_or(&[]).iter().rev();
        for watch in recent.take_while(|w| fix.true_us - w.from_us <= LONGEST_US).filter(|w| fix.true_us <= w.to_us) {
            let Some(sides) = self.sides.get_mut(watch.planted) else { continue };
            let side = if watch.suspect { &mut sides.suspect_us } else { &mut sides.target_us };
            *side = Some(side.map_or(item.deliver_us, |us| us.min(item.deliver_us)));
        }
    }

    /// The truth, with what was delivered.
    #[must_use]
    pub fn finish(mut self) -> FeedTruth {
        self.truth.delivered = self.delivered;
        let counted = self.devices.iter().flatten();
        for (device, counted) in self.truth.devices.iter_mut().zip(counted) {
            device.fixes = counted.fixes;
        }
        for (planted, sides) in self.truth.planted.iter_mut().zip(&self.sides) {
            planted.known_us = sides.known_us();
        }
        self.truth
    }
}

fn is_device(truth: &FeedTruth, planted: &Planted) -> bool {
    of_case(truth.devices.as_slice(), &planted.case_id, |d| &d.case_id).iter().any(|d| d.device_id == planted.target)
}

/// The elements of one case, of a list that is sorted by case.
fn of_case<'a, T>(all: &'a [T], case_id: &str, key: impl Fn(&T) -> &String) -> &'a [T] {
    let from = all.partition_point(|e| key(e).as_str() < case_id);
    let rest = all.get(from..).unwrap_or(&[]);
    rest.get(..rest.partition_point(|e| key(e).as_str() == case_id)).unwrap_or(&[])
}

/// What a device's records are watched for, in order of time.
fn watches(truth: &FeedTruth, case_id: &str, device_id: &str) -> Vec<Watch> {
    let first = truth.planted.partition_point(|p| p.case_id.as_str() < case_id);
    let planted = of_case(truth.planted.as_slice(), case_id, |p| &p.case_id);
    let watch = |(i, p): (usize, &Planted)| {
        let suspect = p.device_id == device_id;
        (suspect || p.target == device_id).then(|| Watch {
            from_us: p.from_us - truth.window_us,
            to_us: p.to_us + truth.window_us,
            planted: first + i,
            suspect,
        })
    };
    let mut watches: Vec<Watch> = planted.iter().enumerate().filter_map(watch).collect();
    watches.sort_by_key(|w| w.from_us);
    watches
}
