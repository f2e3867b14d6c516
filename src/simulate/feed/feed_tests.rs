use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::case_feed::CaseStory;
use super::folder::{FeedWriter, FolderWriter, write_returned};
use super::*;
use crate::decode::message::case_event_to_json;
use crate::model::{CaseChange, CustodyStep, Sha256Hex};
use crate::simulate::plane::Point;
use crate::time::US_PER_S;

fn small() -> FeedParams {
    FeedParams { cases: 4, ..FeedParams::default() }
}

/// Everything of a feed as text, with the times of delivery.
fn bytes(params: &FeedParams) -> Vec<u8> {
    let (mut out, mut stamp) = (Vec::new(), Stamp::default());
    for item in Feed::new(params).unwrap() {
        out.extend_from_slice(item.deliver_us.to_string().as_bytes());
        match &item.body {
            FeedBody::Fix(fix) => fix.append_json(&item.case_id, &mut stamp, &mut out),
            FeedBody::Event(event) => out.extend(case_event_to_json(event).into_bytes()),
        }
    }
    out
}

fn sha(bytes: &[u8]) -> String {
    Sha256Hex::from_bytes(&Sha256::digest(bytes).into()).short().to_owned()
}

#[test]
fn the_feed_and_its_truth_have_the_same_bytes_everywhere() {
    let params = FeedParams { cases: 2, ..FeedParams::default() };
    let told = serde_json::to_vec(&truth(&params).unwrap()).unwrap();
    assert_eq!([sha(&bytes(&params)), sha(&told)], ["1fc09d04e3ad", "51951f9afaa9"]);
    assert_ne!(sha(&bytes(&FeedParams { seed: 2, ..params.clone() })), sha(&bytes(&params)));
}

#[test]
fn a_case_does_not_depend_on_the_others() {
    let of_first = |cases: u32| {
        let feed = Feed::new(&FeedParams { cases, ..FeedParams::default() }).unwrap();
        feed.filter(|item| item.case == 0).map(|item| (item.deliver_us, item.body)).collect::<Vec<_>>()
    };
    assert!(of_first(1) == of_first(3), "the first case changed with the number of cases");
}

#[test]
fn delivery_is_in_order_and_records_are_late_out_of_order_and_twice() {
    let params = FeedParams { duplicate_share: 0.05, ..small() };
    let (mut last_us, mut backwards, mut late) = (i64::MIN, 0, 0);
    let mut latest: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for item in Feed::new(&params).unwrap() {
        assert!(item.deliver_us >= last_us);
        last_us = item.deliver_us;
        let FeedBody::Fix(fix) = item.body else { continue };
        assert!(item.deliver_us >= fix.true_us, "delivered before it was made: {fix:?}");
        late += u32::from(item.deliver_us > fix.true_us + 3_600 * US_PER_S);
        let before_us = latest.insert((item.case, fix.device), fix.true_us);
        backwards += u32::from(before_us.is_some_and(|us| us > fix.true_us));
        let key = (item.case, fix.device, fix.true_us, fix.lat_e7, fix.lon_e7);
        if fix.duplicate { seconds.push(key) } else { firsts.push(key) }
    }
    assert!(backwards > 100 && late > 1_000, "{backwards} {late}");
    firsts.sort_unstable();
    assert!(firsts.windows(2).all(|w| w[0] != w[1]));
    assert!(seconds.iter().all(|key| firsts.binary_search(key).is_ok()));
    let share = 100 * seconds.len() / firsts.len();
    assert!((4..=6).contains(&share), "{} of {}", seconds.len(), firsts.len());
}

#[test]
fn no_error_is_larger_than_a_near_miss_can_bear_and_radii_are_about_honest() {
    let params = FeedParams { cases: 1, custody_share: 0.0, ..FeedParams::default() };
    let story = CaseStory::tell(&params, 0).unwrap();
    let map = crate::simulate::plane::Plane::around(54.75, 2.25);
    for (i, device) in story.devices.iter().enumerate().filter(|(_, d)| d.kind == DeviceKind::Phone) {
        let track =
            if device.role == crate::model::Role::Victim { &story.victims[0] } else { &story.suspects[0].track };
        let (mut within, mut all) = (0, 0);
        for o in story.sampler(&params, i).unwrap() {
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let at: Point = map.point(o.lat_e7 as f64 / 1e7, o.lon_e7 as f64 / 1e7);
            let error_m = at.distance_m(track.at(o.true_us));
            assert!(error_m <= 250.1, "{error_m}");
            assert!(!device.is_silent(o.true_us));
            assert_eq!(o.t_us - o.true_us, device.clock_error_us);
            within += u32::from(error_m <= f64::from(o.uncertainty_m) * device.error_factor);
            all += 1;
        }
        let share = f64::from(within) / f64::from(all);
        assert!(all > 4_000 && (0.65..0.70).contains(&share), "{share} of {all}");
    }
}

#[test]
fn planted_stretches_are_near_for_minutes_and_every_kind_occurs() {
    use PlantedKind::{Following, Meeting, NearInSpace, NearInTime, Waiting};
    let params = FeedParams { cases: 30, victims: 2, suspects: 2, ..FeedParams::default() };
    let told = truth(&params).unwrap();
    let of = |kind| told.planted.iter().chain(&told.near_misses).filter(move |p| p.kind == kind).count();
    for kind in [Following, Meeting, NearInSpace, NearInTime, Waiting] {
        assert!(of(kind) >= 20, "{kind:?}: {}", of(kind));
    }
    for p in &told.planted {
        assert!(p.to_us - p.from_us >= 300 * US_PER_S && p.closest_m.unwrap() <= 60.0, "{p:?}");
    }
    // The night in which the clocks go back: 2025-10-26, 00:00Z to 02:00Z.
    let night = 1_761_436_800 * US_PER_S..1_761_444_000 * US_PER_S;
    assert!(
        told.planted
            .iter()
            .any(|p| p.from_us < night.start + 3_600 * US_PER_S && p.to_us > night.start + 3_600 * US_PER_S)
    );
}

#[test]
fn near_lies_within_marginal_and_near_misses_outside_both() {
    let told = truth(&FeedParams { cases: 20, ..FeedParams::default() }).unwrap();
    let same = |a: &Near, b: &Near| (&a.case_id, &a.subject_id, &a.target) == (&b.case_id, &b.subject_id, &b.target);
    for n in &told.near {
        assert!(told.marginal.iter().any(|m| same(n, m) && m.from_us <= n.from_us && n.to_us <= m.to_us), "{n:?}");
    }
    assert!(told.near_misses.len() >= 20);
    for miss in &told.near_misses {
        let victim = miss.target.trim_end_matches("-phone");
        let close = |m: &&Near| m.case_id == miss.case_id && m.target == victim;
        assert!(!told.marginal.iter().filter(close).any(|m| m.from_us <= miss.to_us && m.to_us >= miss.from_us));
        assert!(miss.to_us - miss.from_us >= 900 * US_PER_S, "{miss:?}");
    }
}

#[test]
fn custody_comes_with_a_clock_and_records_that_return_in_it() {
    let params = FeedParams { custody_share: 1.0, cases: 12, ..FeedParams::default() };
    let (mut started, mut released, mut downloads, mut closed) = (0, 0, 0, 0);
    let mut relevant: BTreeMap<usize, i64> = BTreeMap::new();
    for item in Feed::new(&params).unwrap() {
        match item.body {
            FeedBody::Event(event) => match event.change {
                CaseChange::Custody(c) => match c.step {
                    CustodyStep::Started { relevant_us, .. } => {
                        relevant.insert(item.case, relevant_us);
                        started += 1;
                    }
                    CustodyStep::Released { .. } => released += 1,
                    _ => {}
                },
                CaseChange::Closed { .. } => closed += 1,
                _ => {}
            },
            FeedBody::Fix(fix) if fix.device_id.ends_with("s1-phone") => {
                let hours = (item.deliver_us - relevant[&item.case]) / (3_600 * US_PER_S);
                assert!((2..=4).contains(&hours), "the download comes at hour {hours}");
                downloads += 1;
            }
            FeedBody::Fix(_) => {}
        }
    }
    assert_eq!(closed, 0, "a custody case is not closed");
    assert!(started >= 12 && released >= 12 && downloads > 12 * 4_000, "{started} {released} {downloads}");
}

#[test]
fn the_tally_counts_what_was_delivered_and_when_things_could_be_known() {
    let params = small();
    let mut tally = Tally::new(truth(&params).unwrap());
    let mut records = 0;
    for item in Feed::new(&params).unwrap() {
        records += u64::from(matches!(item.body, FeedBody::Fix(_)));
        tally.note(&item);
    }
    let told = tally.finish();
    assert_eq!(told.delivered.records, records);
    let firsts: u64 = told.devices.iter().map(|d| d.fixes).sum();
    assert_eq!(firsts + told.delivered.duplicates, records);
    assert!(!told.planted.is_empty());
    for p in &told.planted {
        let known_us = p.known_us.unwrap();
        assert!(known_us >= p.from_us - told.window_us, "{p:?}");
    }
    assert!(told.planted.iter().any(|p| p.known_us.unwrap() < p.to_us), "nothing is known while it happens");
    assert!(told.planted.iter().any(|p| p.known_us.unwrap() > p.to_us + 3_600 * US_PER_S), "nothing comes late");
}

#[test]
fn a_feed_is_spaced_to_the_number_of_records_wanted() {
    let params = FeedParams { cases: 20, ..FeedParams::default() };
    let wanted = 150_000;
    let fitted = fit_records(&params, wanted, true).unwrap();
    let made = Feed::new(&fitted).unwrap().filter(|i| matches!(i.body, FeedBody::Fix(_))).count() as u64;
    assert!(made.abs_diff(wanted) < wanted / 20, "{made}");
}

#[test]
fn the_files_hold_the_feed_and_returned_files_hold_each_record_once() {
    let params = FeedParams { cases: 1, days: 1, duplicate_share: 0.1, ..FeedParams::default() };
    let folder = tempfile::tempdir().unwrap();
    let mut writer = FolderWriter::create(&folder.path().join("new")).unwrap();
    for item in Feed::new(&params).unwrap() {
        writer.write(&item).unwrap();
    }
    writer.finish().unwrap();
    write_returned(&params, &folder.path().join("new"), &|_| ()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("new").join(FIXES_FILE)).unwrap();
    let mut delivered: Vec<&str> = text.lines().collect();
    let all = delivered.len();
    delivered.sort_unstable();
    delivered.dedup();
    assert!(delivered.len() < all);
    let mut returned = Vec::new();
    for entry in std::fs::read_dir(folder.path().join("new").join("case-00001")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let device = name.trim_end_matches(".ndjson").split_once('-').unwrap().1;
        assert!(text.lines().all(|line| line.contains(&format!("\"device_id\":\"{device}\""))));
        returned.extend(text.lines().map(str::to_owned));
    }
    returned.sort_unstable();
    assert_eq!(returned, delivered);
    let mean = text.len() / all;
    assert!((180..=215).contains(&mean), "{mean} bytes a record");
}
