//! The fold against its definition, and under every change that must not matter.

use super::*;
use crate::encounter::{FixPoint, Origin, TargetPoint};
use proptest::prelude::*;

const S: i64 = 1_000_000;

/// Tables that own their rows.
#[derive(Debug, Clone)]
struct World {
    devices: Vec<String>,
    owners: Vec<String>,
    exhibits: Vec<String>,
    fixes: Vec<FixPoint>,
    targets: Vec<TargetPoint>,
    contacts: Vec<Contact>,
}

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|n| (*n).to_owned()).collect()
}

fn fix(device: u32, t0_s: i64, t1_s: i64, row: u64) -> FixPoint {
    let (t0_us, t1_us) = (t0_s * S, t1_s * S);
    let origin = Origin { exhibit: 0, row };
    FixPoint { device, t0_us, t1_us, lat_deg: 52.0, lon_deg: -1.0, source: SourceKind::Gps, origin }
}

fn victim(owner: u32, t0_s: i64, t1_s: i64, row: u64) -> TargetPoint {
    TargetPoint {
        kind: TargetKind::VictimFix,
        owner,
        t0_us: t0_s * S,
        t1_us: t1_s * S,
        lat_deg: 52.0,
        lon_deg: -1.0,
        source: Some(SourceKind::Wifi),
        origin: Some(Origin { exhibit: 1, row }),
    }
}

fn place(owner: u32) -> TargetPoint {
    let any = TargetPoint { source: None, origin: None, t0_us: i64::MIN, t1_us: i64::MAX, ..victim(owner, 0, 0, 0) };
    TargetPoint { kind: TargetKind::Place, ..any }
}

fn contact(fix: u32, target: u32, distance_m: f64) -> Contact {
    let grade = Grade::of(distance_m, 20.0, 100.0);
    Contact { fix, target, distance_m, grade, p_within: 1.0 / (1.0 + distance_m / 50.0) }
}

fn params() -> ProximityParams {
    ProximityParams { window_us: 5 * S, gap_us: 10 * S, exit_radius_m: 200.0, ..ProximityParams::default() }
}

impl World {
    fn new(fixes: Vec<FixPoint>, targets: Vec<TargetPoint>, contacts: Vec<Contact>) -> Self {
        let (devices, owners) = (names(&["sus-b", "sus-a"]), names(&["vic-z", "home", "vic-c"]));
        Self { devices, owners, exhibits: names(&["e2", "e1"]), fixes, targets, contacts }
    }

    fn tables(&self) -> Tables<'_> {
        let Self { devices, owners, exhibits, fixes, targets, .. } = self;
        Tables { devices, owners, exhibits, fixes, targets }
    }

    fn fold(&self) -> Vec<Encounter> {
        fold(&self.contacts, &self.tables(), &params()).unwrap()
    }

    /// Encounters with every pointer replaced by the content it points at, as text: nothing of the tables' order is left.
    fn told(&self) -> Vec<String> {
        let row = |origin: Option<Origin>| origin.map(|o| (self.exhibits[o.exhibit as usize].clone(), o.row));
        let tell = |&(f, g): &(u32, u32)| {
            let (f, g) = (self.fixes[f as usize], self.targets[g as usize]);
            let (device, owner) = (&self.devices[f.device as usize], &self.owners[g.owner as usize]);
            format!("{device} {} {:?} / {owner} {} {:?}", f.t0_us, row(Some(f.origin)), g.t0_us, row(g.origin))
        };
        let pairs = |of: &[(u32, u32)]| of.iter().map(tell).collect::<Vec<_>>();
        let plain = |e: Encounter| {
            let (near, all, held) = (tell(&e.min_pair), pairs(&e.proximities), pairs(&e.held));
            let bare = Encounter { min_pair: (0, 0), proximities: Vec::new(), held: Vec::new(), ..e };
            format!("{bare:?} nearest {near} all {all:?} held {held:?}")
        };
        self.fold().into_iter().map(plain).collect()
    }
}

#[test]
fn an_encounter_says_who_when_how_near_and_how_sure() {
    // Two fixes and a visit that begins before the window of the victim's record and ends after it.
    let fixes = vec![fix(0, 0, 0, 1), fix(0, 8, 8, 2), fix(0, -100, 900, 3), fix(0, 40, 40, 4)];
    let targets = vec![victim(0, 2, 4, 1), victim(0, 9, 9, 2)];
    let contacts = vec![contact(1, 0, 90.0), contact(0, 0, 40.0), contact(1, 1, 110.0), contact(2, 1, 40.0)];
    let world = World::new(fixes, targets, contacts);
    let found = world.fold();
    assert_eq!(found.len(), 1);
    let e = &found[0];
    assert_eq!((e.device.as_str(), e.target.as_str(), e.target_kind), ("sus-b", "vic-z", TargetKind::VictimFix));
    // The visit is clipped to 9 s, five seconds either way.
    assert_eq!((e.enter_us, e.exit_us), (0, 14 * S));
    assert_eq!(e.grade, Grade::Definite);
    assert_eq!(e.proximities, [(0, 0), (2, 1), (1, 0), (1, 1)]);
    // The tie at 40 m goes to the pair whose fix comes first by content: the visit begins earlier.
    assert_eq!((e.min_distance_m, e.min_pair), (40.0, (2, 1)));
    assert_eq!((e.suspect_fixes, e.target_fixes, e.single_fix), (3, 2, false));
    let p = |d: f64| 1.0 / (1.0 + d / 50.0);
    assert_eq!(e.p_within_max, p(40.0));
    assert!((e.p_within_mean - (2.0 * p(40.0) + p(90.0) + p(110.0)) / 4.0).abs() < 1e-15);
    assert_eq!(e.sources, ["gps", "wifi"]);
    assert_eq!(e.dwell_us(), 14 * S);
}

#[test]
fn the_same_moment_in_two_exhibits_is_one_fix_and_the_same_row_twice_is_one_row() {
    let again = FixPoint { origin: Origin { exhibit: 1, row: 9 }, ..fix(0, 0, 0, 1) };
    let world = World::new(
        vec![fix(0, 0, 0, 1), again, fix(0, 0, 0, 1)],
        vec![place(1)],
        vec![contact(0, 0, 10.0), contact(1, 0, 10.0), contact(2, 0, 10.0), contact(0, 0, 10.0)],
    );
    let e = &world.fold()[0];
    assert_eq!(e.proximities.len(), 2, "{e:?}");
    assert_eq!((e.suspect_fixes, e.single_fix), (1, true));
    // A place is there at any time: the encounter lasts as long as the fix.
    assert_eq!((e.enter_us, e.exit_us, e.target_kind), (0, 0, TargetKind::Place));
    assert_eq!(e.sources, ["gps"]);
}

#[test]
fn a_contact_within_the_exit_radius_only_holds() {
    let fixes = (0..4).map(|k| fix(0, k * 9, k * 9, k.unsigned_abs())).collect();
    let (near, wide) = (|f| contact(f, 0, 50.0), |f| contact(f, 0, 150.0));
    let world = World::new(fixes, vec![place(1)], vec![wide(0), near(1), wide(2), near(3)]);
    let e = &world.fold()[0];
    assert_eq!((e.enter_us, e.exit_us, world.fold().len()), (9 * S, 27 * S, 1));
    assert_eq!((e.proximities.as_slice(), e.held.as_slice()), (&[(1, 0), (3, 0)][..], &[(2, 0)][..]));
    let only_wide = World { contacts: vec![wide(0), wide(1)], ..world };
    assert!(only_wide.fold().is_empty());
}

#[test]
fn owners_of_different_kinds_are_different_targets_even_by_the_same_name() {
    let mut incident = place(1);
    incident.kind = TargetKind::Incident;
    let world =
        World::new(vec![fix(0, 0, 0, 1)], vec![place(1), incident], vec![contact(0, 0, 1.0), contact(0, 1, 1.0)]);
    let kinds: Vec<_> = world.fold().iter().map(|e| e.target_kind).collect();
    assert_eq!(kinds, [TargetKind::Place, TargetKind::Incident]);
}

#[test]
fn tables_that_do_not_belong_together_are_named() {
    let world = World::new(vec![fix(0, 0, 0, 1), fix(7, 0, 0, 2)], vec![place(1), place(9)], Vec::new());
    let what = |fix, target| fold(&[contact(fix, target, 1.0)], &world.tables(), &params()).unwrap_err();
    assert_eq!(what(5, 0), FoldError { what: "fix", index: 5, len: 2 });
    assert_eq!(what(0, 2), FoldError { what: "target", index: 2, len: 2 });
    assert_eq!(what(1, 0), FoldError { what: "device", index: 7, len: 2 });
    assert_eq!(what(0, 1), FoldError { what: "owner", index: 9, len: 3 });
}

#[test]
fn the_identifier_is_of_the_content_and_of_the_parameters() {
    let world = World::new(vec![fix(0, 0, 0, 1)], vec![place(1)], vec![contact(0, 0, 10.0)]);
    let id = |w: &World, p: ProximityParams| fold(&w.contacts, &w.tables(), &p).unwrap()[0].id.clone();
    let first = id(&world, params());
    assert_eq!(first, "5048c71d46f518bd", "stored results hold this name: a change needs a new domain word");
    assert_ne!(first, id(&world, ProximityParams { gap_us: 11 * S, ..params() }));
    let other_row = World { fixes: vec![fix(0, 0, 0, 2)], ..world.clone() };
    assert_ne!(first, id(&other_row, params()));
    let other_name = World { devices: names(&["sus-c", "sus-a"]), ..world };
    assert_ne!(first, id(&other_name, params()));
}

/// Contacts between all that are near in time, at distances that depend on nothing but the two rows.
fn world() -> impl Strategy<Value = World> {
    let fixes = prop::collection::vec((0..2_u32, 0_i64..250, 0_i64..30), 0..14);
    let targets = prop::collection::vec((0..3_u32, 0_i64..250, 0_i64..30), 0..7);
    (fixes, targets, any::<u64>()).prop_map(|(fixes, targets, salt)| {
        let fixes: Vec<_> = fixes.into_iter().zip(1..).map(|((d, t, l), row)| fix(d, t, t + l, row)).collect();
        let targets: Vec<_> = targets
            .into_iter()
            .zip(1_u32..)
            .map(|((o, t, l), row)| {
                if o == 1 {
                    TargetPoint { lat_deg: 52.0 + 1e-6 * f64::from(row), ..place(1) }
                } else {
                    victim(o, t, t + l, u64::from(row))
                }
            })
            .collect();
        let mut contacts = Vec::new();
        for (i, f) in (0..).zip(&fixes) {
            for (j, g) in (0..).zip(&targets) {
                let apart = f.t0_us.saturating_sub(g.t1_us).max(g.t0_us.saturating_sub(f.t1_us));
                let mixed = salt.wrapping_mul(u64::from(i * 31 + j) * 2 + 1) >> 40;
                let distance_m = f64::from(u32::try_from(mixed % 7).unwrap()) * 40.0;
                if apart <= 5 * S && distance_m <= 200.0 {
                    contacts.push(contact(i, j, distance_m));
                }
            }
        }
        World::new(fixes, targets, contacts)
    })
}

/// The same world with rows, names and contacts in another order and every pointer moved along.
fn rearranged(w: &World, order: &[usize]) -> World {
    /// A permutation of `0..n`: new position of each old one.
    fn places(n: usize, order: &[usize]) -> Vec<usize> {
        let mut by_key: Vec<usize> = (0..n).collect();
        by_key.sort_by_key(|&i| order[i % order.len()].wrapping_mul(i + 7) % 101);
        let mut new = vec![0; n];
        for (at, old) in by_key.into_iter().enumerate() {
            new[old] = at;
        }
        new
    }
    fn put<T: Clone>(items: &[T], to: &[usize]) -> Vec<T> {
        let mut at: Vec<(usize, T)> = to.iter().copied().zip(items.iter().cloned()).collect();
        at.sort_by_key(|(i, _)| *i);
        at.into_iter().map(|(_, t)| t).collect()
    }
    let to = |n: usize| places(n, order);
    let (d, o, e) = (to(w.devices.len()), to(w.owners.len()), to(w.exhibits.len()));
    let (f, g, c) = (to(w.fixes.len()), to(w.targets.len()), to(w.contacts.len()));
    let moved = |by: &[usize], i: u32| u32::try_from(by[i as usize]).unwrap();
    let origin = |o: Origin| Origin { exhibit: moved(&e, o.exhibit), ..o };
    let mut next = World {
        devices: put(&w.devices, &d),
        owners: put(&w.owners, &o),
        exhibits: put(&w.exhibits, &e),
        fixes: put(&w.fixes, &f),
        targets: put(&w.targets, &g),
        contacts: put(&w.contacts, &c),
    };
    for fix in &mut next.fixes {
        (fix.device, fix.origin) = (moved(&d, fix.device), origin(fix.origin));
    }
    for target in &mut next.targets {
        (target.owner, target.origin) = (moved(&o, target.owner), target.origin.map(origin));
    }
    for contact in &mut next.contacts {
        (contact.fix, contact.target) = (moved(&f, contact.fix), moved(&g, contact.target));
    }
    next
}

type EnterExitPairs = (i64, i64, Vec<(u32, u32)>);

/// Runs by their definition: contacts of one group are one encounter if a chain of gaps of at most `gap_us` joins them.
fn reference(w: &World) -> Vec<EnterExitPairs> {
    let p = params();
    let graded: Vec<&Contact> = w.contacts.iter().filter(|c| c.grade.is_some()).collect();
    let facts = |c: &Contact| {
        let (f, g) = (w.fixes[c.fix as usize], w.targets[c.target as usize]);
        let from = f.t0_us.max(g.t0_us.saturating_sub(p.window_us));
        let to = f.t1_us.min(g.t1_us.saturating_add(p.window_us));
        ((f.device, g.kind, g.owner), from, to)
    };
    let mut label: Vec<usize> = (0..graded.len()).collect();
    for _ in 0..graded.len() {
        for i in 0..graded.len() {
            for j in 0..graded.len() {
                let (a, b) = (facts(graded[i]), facts(graded[j]));
                if a.0 == b.0 && (a.1 - b.2).max(b.1 - a.2) <= p.gap_us {
                    label[i] = label[i].min(label[j]);
                }
            }
        }
    }
    let mut runs = Vec::new();
    for l in 0..graded.len() {
        let members: Vec<&Contact> = (0..graded.len()).filter(|&i| label[i] == l).map(|i| graded[i]).collect();
        if !members.is_empty() {
            let mut pairs: Vec<_> = members.iter().map(|c| (c.fix, c.target)).collect();
            pairs.sort_unstable();
            let enter = members.iter().map(|c| facts(c).1).min().unwrap();
            runs.push((enter, members.iter().map(|c| facts(c).2).max().unwrap(), pairs));
        }
    }
    runs.sort();
    runs
}

proptest! {
    #[test]
    fn any_order_of_anything_gives_the_same_encounters(w in world(), order in prop::collection::vec(0..1_000_usize, 20)) {
        prop_assert_eq!(rearranged(&w, &order).told(), w.told());
    }

    #[test]
    fn a_redelivery_changes_nothing(w in world()) {
        let mut twice = w.clone();
        let (fixes, targets) = (u32::try_from(w.fixes.len()).unwrap(), u32::try_from(w.targets.len()).unwrap());
        twice.fixes.extend(&w.fixes);
        twice.targets.extend(&w.targets);
        twice.contacts.extend(w.contacts.iter().map(|c| Contact { fix: c.fix + fixes, target: c.target + targets, ..*c }));
        twice.contacts.extend(w.contacts.iter().map(|c| Contact { fix: c.fix + fixes, ..*c }));
        prop_assert_eq!(twice.told(), w.told());
    }

    #[test]
    fn without_holding_it_is_the_quadratic_definition(w in world()) {
        let graded = w.contacts.iter().filter(|c| c.grade.is_some()).copied().collect();
        let w = World { contacts: graded, ..w };
        let mut found: Vec<_> = w.fold().into_iter().map(|mut e| {
            e.proximities.sort_unstable();
            (e.enter_us, e.exit_us, e.proximities)
        }).collect();
        found.sort();
        prop_assert_eq!(found, reference(&w));
    }

    #[test]
    fn every_graded_contact_is_in_exactly_one_encounter_and_holding_ones_in_at_most_one(w in world()) {
        let found = w.fold();
        let mut graded: Vec<_> = w.contacts.iter().filter(|c| c.grade.is_some()).map(|c| (c.fix, c.target)).collect();
        let mut supporting: Vec<_> = found.iter().flat_map(|e| e.proximities.clone()).collect();
        graded.sort_unstable();
        supporting.sort_unstable();
        prop_assert_eq!(supporting, graded);
        let mut held: Vec<_> = found.iter().flat_map(|e| e.held.clone()).collect();
        let many = held.len();
        held.sort_unstable();
        held.dedup();
        prop_assert_eq!(held.len(), many);
        for e in &found {
            prop_assert!(e.enter_us <= e.exit_us && e.p_within_mean <= e.p_within_max + 1e-12);
            prop_assert_eq!(e.single_fix, e.suspect_fixes == 1);
        }
    }

    #[test]
    fn pairs_of_device_and_target_do_not_touch_each_other(w in world()) {
        let key = |c: &Contact| {
            let (f, g) = (w.fixes[c.fix as usize], w.targets[c.target as usize]);
            (f.device, g.kind, g.owner)
        };
        let mut apart = Vec::new();
        for device in 0..2 {
            for owner in 0..3 {
                let contacts: Vec<_> =
                    w.contacts.iter().filter(|c| key(c).0 == device && key(c).2 == owner).copied().collect();
                apart.extend(fold(&contacts, &w.tables(), &params()).unwrap());
            }
        }
        let sort = |mut all: Vec<Encounter>| { all.sort_by(|a, b| a.id.cmp(&b.id)); all };
        prop_assert_eq!(sort(apart), sort(w.fold()));
    }
}
