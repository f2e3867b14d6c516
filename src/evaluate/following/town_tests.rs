use std::collections::BTreeMap;

use super::town::{Chance, Life, Town, Trip, after, between_m, corner, go, metres};
use super::*;

/// Other seeds give other people.
const SEED: u64 = 2;
const DAYS: usize = 28;
const DAY_S: f64 = 86_400.0;
const WALK_M_S: f64 = 1.4;
const DRIVE_M_S: f64 = 9.0;
const BUS_M_S: f64 = 6.0;

fn day_s(day: usize) -> f64 {
    f64::from(u32::try_from(day).unwrap()) * DAY_S
}

fn day_of(trip: &Trip) -> usize {
    (0..DAYS).rfind(|day| day_s(*day) <= trip[0].0).unwrap()
}

fn is_weekend(day: usize) -> bool {
    day % 7 >= 5
}

fn anywhere(chance: &mut Chance) -> usize {
    corner(chance.below(30), chance.below(30))
}

/// Some corner at most `blocks` away each way.
fn beside(at: usize, blocks: usize, chance: &mut Chance) -> usize {
    let near =
        |street: usize, chance: &mut Chance| (street + chance.below(2 * blocks + 1)).saturating_sub(blocks).min(29);
    corner(near(at % 30, chance), near(at / 30, chance))
}

struct Person {
    home: usize,
    work: usize,
    leaves_h: f64,
    returns_h: f64,
}

impl Person {
    fn anyone(chance: &mut Chance) -> Self {
        Self {
            home: anywhere(chance),
            work: anywhere(chance),
            leaves_h: chance.between(7.0, 9.0),
            returns_h: chance.between(16.0, 18.0),
        }
    }

    fn speed(from: usize, to: usize) -> f64 {
        if between_m(from, to) < 2_000.0 { WALK_M_S } else { DRIVE_M_S }
    }

    fn trip(town: &mut Town, from: usize, to: usize, at_s: f64, chance: &mut Chance) -> Trip {
        go(&town.route(from, to), at_s, Self::speed(from, to), chance)
    }

    /// Work on working days, errands in the evening and at weekends.
    fn life(&self, town: &mut Town, chance: &mut Chance) -> Life {
        let mut life = Life::default();
        for day in 0..DAYS {
            let mut errands = vec![];
            if is_weekend(day) {
                errands.push(chance.between(9.0, 12.0));
                errands.push(chance.between(13.0, 18.0));
            } else {
                let out = day_s(day) + self.leaves_h * 3_600.0 + chance.normal() * 480.0;
                let back = day_s(day) + self.returns_h * 3_600.0 + chance.normal() * 1_200.0;
                life.add(Self::trip(town, self.home, self.work, out, chance));
                life.add(Self::trip(town, self.work, self.home, back, chance));
                if chance.unit() < 0.4 {
                    errands.push(chance.between(19.0, 21.0));
                }
            }
            for hour in errands {
                let to = anywhere(chance);
                let out = day_s(day) + hour * 3_600.0;
                let back = out + chance.between(3_000.0, 5_400.0);
                if life.add(Self::trip(town, self.home, to, out, chance)) {
                    life.add(Self::trip(town, to, self.home, back, chance));
                }
            }
        }
        life
    }
}

type Pair = (Device, Device);

fn phones(suspect: &Life, victim: &Life, chance: &mut Chance) -> Pair {
    (suspect.phone("s", chance), victim.phone("v", chance))
}

fn strangers(town: &mut Town, chance: &mut Chance) -> Pair {
    let (a, b) = (Person::anyone(chance), Person::anyone(chance));
    let (a, b) = (a.life(town, chance), b.life(town, chance));
    phones(&a, &b, chance)
}

/// Neighbours who work in one street and leave at about the same time.
fn commuters(town: &mut Town, chance: &mut Chance) -> Pair {
    let b = Person::anyone(chance);
    let a = Person {
        home: beside(b.home, 1, chance),
        work: beside(b.work, 1, chance),
        leaves_h: b.leaves_h + chance.between(-0.2, 0.2),
        returns_h: b.returns_h + chance.between(-0.2, 0.2),
    };
    let (a, b) = (a.life(town, chance), b.life(town, chance));
    phones(&a, &b, chance)
}

/// They live together, work apart, run some errands together and one brings the children to school on most days.
fn housemates(town: &mut Town, chance: &mut Chance) -> Pair {
    let b = Person::anyone(chance);
    let a = Person { home: b.home, ..Person::anyone(chance) };
    let (mut la, mut lb) = (a.life(town, chance), b.life(town, chance));
    let school = beside(b.home, 8, chance);
    for day in 0..DAYS {
        let at = day_s(day) + 3_600.0 * chance.between(14.5, 15.0);
        let there = Person::trip(town, b.home, school, at, chance);
        let back = Person::trip(town, school, b.home, at + 2_400.0, chance);
        let together = chance.unit();
        for (share, life) in [(0.6, &mut la), (0.4, &mut lb)] {
            let goes = if is_weekend(day) { together < 0.3 } else { together < share };
            if goes && life.add(there.clone()) {
                life.add(back.clone());
            }
        }
    }
    phones(&la, &lb, chance)
}

/// One bus line; each takes the bus that comes when they are at the stop.
fn passengers(town: &mut Town, chance: &mut Chance) -> Pair {
    let line: Vec<usize> = {
        let (mut line, mid) = (town.route(corner(3, 4), corner(14, 16)), corner(14, 16));
        line.extend(town.route(mid, corner(26, 22)).into_iter().skip(1));
        line
    };
    let bus = |day: usize, from: usize, to: usize, ready_h: f64, chance: &mut Chance| {
        let ready_s = ready_h * 3_600.0 + chance.normal() * 420.0;
        let leaves = (ready_s / 600.0).ceil() * 600.0;
        // The bus is the same for all on it: its delays come from its number.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a day")]
        let mut delays = Chance::new(9_000_000 + (leaves as u64) + 100_000 * u64::try_from(day).unwrap());
        let forth = from < to;
        let whole: Vec<usize> = if forth { line.clone() } else { line.iter().rev().copied().collect() };
        let start = day_s(day) + leaves + delays.normal().abs() * 60.0;
        let trip = go(&whole, start, BUS_M_S, &mut delays);
        let (a, b) = (metres(line[from]), metres(line[to]));
        let board = trip.iter().rposition(|p| (p.1, p.2) == a).unwrap();
        let leave = trip.iter().position(|p| (p.1, p.2) == b).unwrap();
        trip[board..=leave].to_vec()
    };
    let mut lives = [Life::default(), Life::default()];
    for life in &mut lives {
        let from = chance.below(line.len() / 3);
        let to = line.len() - 1 - chance.below(line.len() / 3);
        let (out_h, back_h) = (chance.between(7.5, 8.5), chance.between(16.5, 17.5));
        for day in 0..DAYS {
            if !is_weekend(day) || chance.unit() < 0.3 {
                life.add(bus(day, from, to, out_h, chance));
                life.add(bus(day, to, from, back_h, chance));
            }
        }
    }
    phones(&lives[0], &lives[1], chance)
}

/// Long enough and with turns: what a day of following leaves.
fn can_be_told(trip: &Trip) -> bool {
    let way: Vec<_> = trip.iter().map(|p| super::super::chord::point(p.2 / 111_250.0, p.1 / 111_250.0)).collect();
    let length: f64 = trip.windows(2).map(|p| (p[0].1 - p[1].1).abs() + (p[0].2 - p[1].2).abs()).sum();
    length >= 1_500.0 && turns::turns(&way) >= 2
}

/// A stranger's life, but `times` trips of the victim have the suspect behind them by a lag.
fn follower(times: usize, commute_only: bool, town: &mut Town, chance: &mut Chance) -> Pair {
    let (a, b) = (Person::anyone(chance), Person::anyone(chance));
    let (mut la, lb) = (a.life(town, chance), b.life(town, chance));
    let morning = |trip: &Trip| trip[0].0 % DAY_S < 10.0 * 3_600.0 && !is_weekend(day_of(trip));
    let mut trips: Vec<&Trip> = lb.trips().iter().filter(|t| can_be_told(t) && (!commute_only || morning(t))).collect();
    if trips.len() < times {
        return follower(times, commute_only, town, chance);
    }
    for _ in 0..times {
        let trip = trips.swap_remove(chance.below(trips.len()));
        let length: f64 = trip.windows(2).map(|p| (p[0].1 - p[1].1).abs() + (p[0].2 - p[1].2).abs()).sum();
        let drives = length / (trip[trip.len() - 1].0 - trip[0].0) > 3.0;
        let lag_s = if drives { chance.between(18.0, 60.0) } else { chance.between(25.0, 180.0) };
        let behind = after(trip, lag_s, chance);
        la.clear(behind[0].0 - 1_800.0, behind[behind.len() - 1].0 + 1_800.0);
        assert!(la.add(behind));
    }
    phones(&la, &lb, chance)
}

type Kind = fn(&mut Town, &mut Chance) -> Pair;

/// How many of so many pairs get which answer.
fn answers(kind: Kind, pairs: usize, town: &mut Town, chance: &mut Chance) -> BTreeMap<Answer, usize> {
    let params = FollowingParams::default();
    let mut answers = BTreeMap::new();
    for _ in 0..pairs {
        let (suspect, victim) = kind(town, chance);
        *answers.entry(following(&suspect, &victim, &params).answer).or_insert(0) += 1;
    }
    answers
}

fn count(answers: &BTreeMap<Answer, usize>, which: &[Answer]) -> usize {
    which.iter().map(|answer| answers.get(answer).copied().unwrap_or(0)).sum()
}

const BEHIND: [Answer; 2] = [Answer::LaggedPath, Answer::BothWays];
const AHEAD: [Answer; 2] = [Answer::LeadingPath, Answer::BothWays];

#[test]
fn of_a_hundred_innocent_pairs_at_most_one_is_told_as_behind_and_one_as_ahead() {
    let mut chance = Chance::new(SEED);
    let mut town = Town::new(SEED);
    let kinds: [Kind; 4] = [strangers, commuters, housemates, passengers];
    let told = kinds.map(|kind| answers(kind, 50, &mut town, &mut chance));
    let all = |which: &[Answer]| told.iter().map(|answers| count(answers, which)).sum::<usize>();
    println!("following, 200 innocent pairs: {} behind, {} ahead", all(&BEHIND), all(&AHEAD));
    assert!(all(&BEHIND) <= 2, "{told:?}");
    assert!(all(&AHEAD) <= 2, "{told:?}");
    // What is not told is said for what it is: these would mean nothing if the pairs never shared a path.
    let [_, commuters, housemates, passengers] = &told;
    assert!(count(commuters, &[Answer::HabitualPath]) > 20, "{told:?}");
    assert!(count(housemates, &[Answer::PathTogether]) > 10, "{told:?}");
    assert!(count(passengers, &[Answer::HabitualPath]) > 20, "{told:?}");
}

#[test]
fn of_twenty_followers_nineteen_are_found_though_it_is_one_trip_in_a_month() {
    let mut chance = Chance::new(SEED);
    let mut town = Town::new(SEED);
    let kinds: [Kind; 3] =
        [|t, c| follower(1, false, t, c), |t, c| follower(3, false, t, c), |t, c| follower(5, true, t, c)];
    for kind in kinds {
        let told = answers(kind, 40, &mut town, &mut chance);
        println!("following, 40 followers: {} behind, {} ahead", count(&told, &BEHIND), count(&told, &AHEAD));
        assert!(count(&told, &BEHIND) >= 38, "{told:?}");
        assert!(count(&told, &AHEAD) <= 2, "{told:?}");
    }
}
