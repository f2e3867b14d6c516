//! Whatever is put and taken away, on whichever side: what is remembered gives what looking at all anew gives.
//!
//! Chunks have three records here, so that every trip is of many.

use proptest::prelude::*;

use super::super::Record;
use super::super::chunks::{Chunk, Chunked, Numbers};
use super::episode::Seen;
use super::scan::AtRadii;
use super::town::{Chance, Life, Town, after, corner, go};
use super::*;
use crate::time::US_PER_S;

const DAY_S: f64 = 86_400.0;
/// Records of a chunk.
const MOST: usize = 3;

/// A device that changes, with the chunks of its records.
struct Changing {
    device: Device,
    chunks: Vec<Chunk>,
    numbers: Numbers,
}

impl Changing {
    fn new(device: Device) -> Self {
        let mut numbers = Numbers::default();
        let chunks = numbers.chunks(device.records().len(), MOST);
        Self { device, chunks, numbers }
    }

    fn put(&mut self, record: Record) {
        let at = self.device.insert(record);
        self.numbers.with_one(&mut self.chunks, at, MOST);
    }

    fn take(&mut self, at: usize) {
        let mut records = self.device.records().to_vec();
        records.remove(at % records.len());
        let new = Device::new(self.device.name.clone(), "", records);
        self.chunks = self.numbers.of_changed((self.device.records(), &self.chunks), new.records(), MOST);
        self.device = new;
    }

    fn chunked(&self) -> Chunked<'_> {
        Chunked::new(self.device.records(), self.chunks.clone().into())
    }
}

/// What may happen to a device; places among its records are by share, so that the same is tried of devices of any size.
#[derive(Debug, Clone)]
enum Happening {
    /// A record some seconds after another, so much beside it.
    Beside(f64, i64, f64),
    /// The same, less certain than can be used.
    Coarse(f64, i64),
    /// After all.
    Last(i64),
    /// On a day without records so far.
    AnotherDay(i64),
    Gone(f64),
    /// The same moment a second time.
    Again(f64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let share = || 0.0..1.0_f64;
    prop_oneof![
        5 => (share(), 1..40_i64, -2e-4..2e-4_f64).prop_map(|(at, s, by)| Happening::Beside(at, s, by)),
        1 => (share(), 1..40_i64).prop_map(|(at, s)| Happening::Coarse(at, s)),
        2 => (1..600_i64).prop_map(Happening::Last),
        1 => (-3..14_i64).prop_map(Happening::AnotherDay),
        2 => share().prop_map(Happening::Gone),
        1 => share().prop_map(Happening::Again),
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small counts"
)]
fn place(device: &Device, share: f64) -> usize {
    (device.records().len() as f64 * share) as usize
}

fn later(record: &Record, s: i64) -> Record {
    Record { t0_us: record.t0_us + s * US_PER_S, t1_us: record.t1_us + s * US_PER_S, ..*record }
}

fn happens(to: &mut Changing, what: &Happening) {
    let records = to.device.records();
    match *what {
        Happening::Beside(at, s, by_deg) => {
            let record = later(&records[place(&to.device, at)], s);
            to.put(Record { lat_deg: record.lat_deg + by_deg, ..record });
        }
        Happening::Coarse(at, s) => {
            let record = later(&records[place(&to.device, at)], s);
            to.put(Record { uncertainty_m: 80.0, ..record });
        }
        Happening::Last(s) => to.put(later(&records[records.len() - 1], s)),
        Happening::AnotherDay(days) => to.put(later(&records[0], days * 86_400 + 7)),
        Happening::Gone(at) => to.take(place(&to.device, at)),
        Happening::Again(at) => to.put(Record { lat_deg: 51.4, ..records[place(&to.device, at)] }),
    }
}

/// Eight days on which she walks to work and back, and he goes after her on some of them and elsewhere on the others; with a
/// lag below 0 it is she who goes after him.
fn walks(seed: u64, lag_s: f64, follows: u8) -> [Changing; 2] {
    let (mut town, mut chance) = (Town::new(3), Chance::new(seed));
    let (mut his, mut hers) = (Life::default(), Life::default());
    let there = town.route(corner(4, 4), corner(8, 9));
    let back: Vec<usize> = there.iter().rev().copied().collect();
    let own = town.route(corner(20, 20), corner(23, 22));
    for day in (0..10_i32).filter(|day| day % 7 < 5) {
        for (route, hour) in [(&there, 8.0), (&back, 16.0)] {
            let start = f64::from(day) * DAY_S + hour * 3_600.0 + chance.normal() * 120.0;
            let trip = go(route, start, 1.6, &mut chance);
            let elsewhere = go(&own, start, 1.6, &mut chance);
            his.add(if follows >> (day % 8) & 1 == 1 { after(&trip, lag_s.abs(), &mut chance) } else { elsewhere });
            hers.add(trip);
        }
    }
    let mut both = [his.phone("his", &mut chance), hers.phone("hers", &mut chance)].map(Changing::new);
    if lag_s < 0.0 {
        both.reverse();
    }
    both
}

/// The findings, and all that each round has, whether or not they hang on it.
type All = (Following, Vec<AtRadii<Seen>>);

fn all(passes: &mut Passes, both: [(&Device, &Chunked<'_>); 2], params: &FollowingParams) -> All {
    let [his, hers] = both;
    let found = passes.of(his, hers, params).following(params);
    let owned = |round: AtRadii<&Seen>| round.map(|found| found.into_iter().cloned().collect());
    (found, passes.of(his, hers, params).scans.rounds().into_iter().map(owned).collect())
}

/// What is found with what is remembered, and anew.
fn found(both: &[Changing; 2], params: &FollowingParams, passes: &mut Passes) -> [All; 2] {
    let [his, hers] = both;
    let (of_him, of_her) = (his.chunked(), hers.chunked());
    let kept = all(passes, [(&his.device, &of_him), (&hers.device, &of_her)], params);
    let anew = [&his.device, &hers.device].map(|device| (device, Chunked::anew(device.records())));
    let anew = all(&mut Passes::default(), [(anew[0].0, &anew[0].1), (anew[1].0, &anew[1].1)], params);
    // What was found before a refusal is kept, and not asked.
    let asked = |(found, rounds): All| if found.refusal.is_some() { (found, Vec::new()) } else { (found, rounds) };
    [asked(kept), asked(anew)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_remembered_gives_what_looking_anew_gives(
        seed in 0..1_000_u64, lag_s in -200.0..200.0_f64, follows in any::<u8>(),
        happenings in prop::collection::vec((any::<bool>(), happening(), 0..12_u8), 1..8)) {
        let mut both = walks(seed, lag_s, follows);
        let mut passes = Passes::default();
        let params = FollowingParams::default();
        let [kept, anew] = found(&both, &params, &mut passes);
        prop_assert_eq!(kept, anew);
        for (is_his, what, ask) in happenings {
            happens(&mut both[usize::from(!is_his)], &what);
            // Now and then nothing is asked, or with other parameters.
            let radius_m = if ask == 0 { 40.0 } else { params.radius_m };
            if ask != 1 {
                let [kept, anew] = found(&both, &FollowingParams { radius_m, ..params.clone() }, &mut passes);
                prop_assert_eq!(kept, anew, "{:?} {}", what, is_his);
            }
        }
        let [kept, anew] = found(&both, &params, &mut passes);
        prop_assert_eq!(kept, anew);
    }
}

#[test]
fn the_walks_have_what_is_compared() {
    let params = FollowingParams::default();
    let mut both = walks(1, 90.0, 0b0000_0100);
    let mut passes = Passes::default();
    let [(kept, rounds), anew] = found(&both, &params, &mut passes);
    assert!(rounds.iter().filter(|round| !round[0].is_empty()).count() > 4, "{rounds:?}");
    assert_eq!((kept.answer, kept.behind.exchanged.len(), kept.common_days), (Answer::LaggedPath, 7, 10));
    assert_eq!((&kept, &rounds), (&anew.0, &anew.1));
    // A position a little beside the way he took: of one episode everything stays but the fixes and the lengths.
    let at = both[0].device.records().partition_point(|r| r.t0_us < kept.episodes[0].t0_us) + 20;
    let beside = later(&both[0].device.records()[at], 10);
    both[0].put(Record { t0_us: beside.t0_us - 3 * US_PER_S, t1_us: beside.t1_us - 3 * US_PER_S, ..beside });
    let [changed, anew] = found(&both, &params, &mut passes);
    assert_ne!(changed.0.episodes, kept.episodes);
    assert_eq!(changed, anew);
    // A day more for both: the days are exchanged otherwise.
    for device in &mut both {
        device.put(later(&device.device.records()[0], 11 * 86_400));
    }
    let [more, anew] = found(&both, &params, &mut passes);
    assert_eq!((more.0.behind.exchanged.len(), more.0.common_days), (8, 11));
    assert_eq!(more, anew);
}

#[test]
fn one_more_record_changes_the_ways_around_it_only() {
    let mut both = walks(2, 60.0, 0b0001_0010);
    let mut passes = Passes::default();
    let params = FollowingParams::default();
    let numbers = |both: &[Changing; 2], passes: &mut Passes| {
        found(both, &params, passes);
        let [his, hers] = both;
        let now = passes.of((&his.device, &his.chunked()), (&hers.device, &hers.chunked()), &params);
        [now.his, now.hers].map(|walked| walked.ways().iter().map(|way| way.number).collect::<Vec<_>>())
    };
    let mut before = numbers(&both, &mut passes);
    assert!(before.iter().all(|ways| ways.len() >= 16), "{before:?}");
    for (side, share) in [(0, 0.5), (1, 0.4), (0, 0.9999), (1, 0.1), (0, 0.52)] {
        let device = &both[side].device;
        let record = later(&device.records()[place(device, share)], 4);
        both[side].put(Record { lat_deg: record.lat_deg + 1e-4, ..record });
        let after = numbers(&both, &mut passes);
        let new = |side: usize| after[side].iter().filter(|number| !before[side].contains(number)).count();
        assert!(new(side) <= 2 && new(1 - side) == 0, "{before:?} {after:?}");
        before = after;
    }
}
