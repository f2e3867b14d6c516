//! From devices at scenes to what a searcher is told: who was at several, under made-up names, and how many were looked
//! at. Pure.
//!
//! ```text
//!  all devices at any scene ─┬─> at fewer than `least`: counted, never named
//!                            └─> at `least` or more: a made-up name; its own name only if the viewer's cases hold it
//! ```

use std::collections::BTreeMap;

use super::fold_rows::Cell;

/// Pairs of a device and a scene that a search may touch: beyond it is no search for somebody, but a look at everybody.
pub(super) const MOST_PAIRS: usize = 200_000;

/// A device at a scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Presence {
    pub(super) device_id: String,
    /// Which scene, from 0.
    pub(super) scene: usize,
    /// When its first record there begins, and its last ends; UTC microseconds.
    pub(super) times_us: (i64, i64),
    /// Whether a case that the viewer may see has records of the device.
    pub(super) own: bool,
}

#[derive(Debug, Default)]
struct Device {
    own: bool,
    at: BTreeMap<usize, (i64, i64)>,
}

/// Devices at scenes, as they are found.
#[derive(Debug, Default)]
pub(super) struct Presences {
    devices: BTreeMap<String, Device>,
    pairs: usize,
}

/// What names are made up from.
pub(super) struct Naming<'a> {
    pub(super) secret: &'a [u8; 32],
    pub(super) case_id: &'a str,
}

impl Naming<'_> {
    /// A name that tells nothing of the device without the secret, and is another in another case.
    fn made_up(&self, device_id: &str) -> String {
        let mut hash = blake3::Hasher::new_keyed(self.secret);
        let case_bytes = u64::try_from(self.case_id.len()).unwrap_or(u64::MAX);
        hash.update(&case_bytes.to_le_bytes()).update(self.case_id.as_bytes()).update(device_id.as_bytes());
        let digits = hash.finalize().to_hex();
        format!("device-{}", digits.get(..16).unwrap_or_default())
    }
}

impl Presences {
    /// Adds one; false if there are too many.
    pub(super) fn add(&mut self, presence: Presence) -> bool {
        let Presence { device_id, scene, times_us: (first, last), own } = presence;
        let device = self.devices.entry(device_id).or_default();
        device.own |= own;
        if let Some(times) = device.at.get_mut(&scene) {
            *times = (times.0.min(first), times.1.max(last));
        } else {
            device.at.insert(scene, (first, last));
            self.pairs += 1;
        }
        self.pairs <= MOST_PAIRS
    }

    /// How many devices of others were looked at.
    pub(super) fn others(&self) -> u64 {
        u64::try_from(self.devices.values().filter(|d| !d.own).count()).unwrap_or(u64::MAX)
    }

    /// Rows of `scene_search`: those at most scenes first. There is always one, for what was looked at.
    pub(super) fn rows(&self, least: usize, scenes: &[String], naming: &Naming<'_>) -> Vec<Vec<Cell>> {
        let mut found: Vec<(usize, String, &str, &Device)> = self
            .devices
            .iter()
            .filter(|(_, device)| device.at.len() >= least)
            .map(|(id, device)| (device.at.len(), naming.made_up(id), id.as_str(), device))
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let (of, others) = (count(scenes.len()), Cell::Whole(i64::try_from(self.others()).unwrap_or(i64::MAX)));
        if found.is_empty() {
            let mut row = vec![Cell::Null; 10];
            row[0] = naming.case_id.into();
            row[4] = of;
            row[9] = others;
            return vec![row];
        }
        let row = |(at, name, id, device): &(usize, String, &str, &Device), scene: &usize, times: &(i64, i64)| {
            vec![
                naming.case_id.into(),
                name.as_str().into(),
                if device.own { (*id).into() } else { Cell::Null },
                count(*at),
                of.clone(),
                Cell::Float(self.by_chance(*at, scenes.len())),
                scenes.get(*scene).map_or(Cell::Null, |name| name.as_str().into()),
                Cell::Moment(times.0),
                Cell::Moment(times.1),
                others.clone(),
            ]
        };
        found.iter().flat_map(|one| one.3.at.iter().map(move |(scene, times)| row(one, scene, times))).collect()
    }

    /// How many devices would be at so many scenes or more if each device went to each scene independently, with the mean
    /// share of devices that was there: the upper tail of a binomial distribution, times the devices.
    fn by_chance(&self, at_least: usize, scenes: usize) -> f64 {
        let devices = float(self.devices.len());
        let share = float(self.pairs) / (devices * float(scenes));
        devices * crate::index::at_least(&vec![share; scenes]).get(at_least).copied().unwrap_or(0.0)
    }
}

fn count(n: usize) -> Cell {
    Cell::Whole(i64::try_from(n).unwrap_or(i64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "counts of devices and scenes are far below 2^52")]
fn float(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMING: Naming<'static> = Naming { secret: &[7; 32], case_id: "alpha" };

    fn presence(device: &str, scene: usize, at: i64, own: bool) -> Presence {
        Presence { device_id: device.to_owned(), scene, times_us: (at, at + 1), own }
    }

    fn presences(all: &[Presence]) -> Presences {
        let mut presences = Presences::default();
        assert!(all.iter().all(|p| presences.add(p.clone())));
        presences
    }

    fn scenes() -> Vec<String> {
        ["i1", "i2", "i3"].map(str::to_owned).to_vec()
    }

    #[test]
    fn who_was_at_few_scenes_is_counted_and_not_told() {
        let all = [
            presence("bystander", 0, 10, false),
            presence("stranger", 0, 20, false),
            presence("stranger", 2, 40, false),
            presence("his phone", 0, 12, true),
            presence("his phone", 1, 30, true),
            presence("his phone", 1, 25, true),
        ];
        let found = presences(&all);
        assert_eq!(found.others(), 2);
        let rows = found.rows(2, &scenes(), &NAMING);
        assert_eq!(rows.len(), 4, "two devices at two scenes each: {rows:?}");
        assert!(rows.iter().all(|r| r[9] == Cell::Whole(2) && r[3] == Cell::Whole(2)), "{rows:?}");
        let text = format!("{rows:?}");
        assert!(!text.contains("bystander") && !text.contains("stranger"), "{text}");
        let named: Vec<_> = rows.iter().filter(|r| r[2] == "his phone".into()).collect();
        assert_eq!(named.len(), 2);
        assert_eq!(named[1][6..9], ["i2".into(), Cell::Moment(25), Cell::Moment(31)], "from the first to the last");
        let mut turned = all.to_vec();
        turned.reverse();
        assert_eq!(presences(&turned).rows(2, &scenes(), &NAMING), rows, "in whichever order they come");
    }

    #[test]
    fn that_nobody_was_at_several_says_how_many_were_looked_at() {
        let rows = presences(&[presence("x", 0, 1, false)]).rows(2, &scenes(), &NAMING);
        assert_eq!(
            (rows.len(), &rows[0][1], &rows[0][4], &rows[0][9]),
            (1, &Cell::Null, &Cell::Whole(3), &Cell::Whole(1))
        );
    }

    #[test]
    fn a_made_up_name_is_the_same_in_a_case_and_another_in_the_next() {
        let other = Naming { secret: &[8; 32], ..NAMING };
        let next = Naming { case_id: "bravo", ..NAMING };
        let split = Naming { case_id: "alph", ..NAMING };
        assert_eq!(NAMING.made_up("x"), NAMING.made_up("x"));
        for different in [other.made_up("x"), next.made_up("x"), NAMING.made_up("y"), split.made_up("ax")] {
            assert_ne!(NAMING.made_up("x"), different);
        }
    }

    /// The binomial tail, counted out: every way in which each of the devices can be at each of the scenes.
    #[test]
    fn what_chance_gives_is_what_counting_every_way_gives() {
        // Of four devices and three scenes five presences: a share of 5/12.
        let all = [("a", 0), ("a", 1), ("b", 0), ("c", 2), ("d", 1)].map(|(d, s)| presence(d, s, 1, false));
        let found = presences(&all);
        let share = 5.0 / 12.0;
        for at_least in 0..=3_u32 {
            let ways = (0..8_u32)
                .filter(|way| way.count_ones() >= at_least)
                .map(|way| (0..3).map(|bit| if way >> bit & 1 == 1 { share } else { 1.0 - share }).product::<f64>());
            let expected = 4.0 * ways.sum::<f64>();
            let got = found.by_chance(usize::try_from(at_least).unwrap(), 3);
            assert!((got - expected).abs() < 1e-12, "{at_least}: {got} {expected}");
        }
    }

    #[test]
    fn a_search_that_looks_at_everybody_ends() {
        let mut presences = Presences::default();
        let added = (0..=MOST_PAIRS).take_while(|n| presences.add(presence(&n.to_string(), 0, 1, false))).count();
        assert_eq!(added, MOST_PAIRS);
    }
}
