//! Recognising a record that its device sent again.

use std::collections::BTreeMap;

/// How many devices are remembered; a `.rec` file holds one, a careless collection of them some hundreds.
const MAX_DEVICES: usize = 4096;

/// What makes two messages the same record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub(super) device: &'a str,
    pub(super) t_us: i64,
    pub(super) lat_deg: f64,
    pub(super) lon_deg: f64,
}

/// The previous record of each device: time and the bits of the position.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    previous: BTreeMap<String, (i64, u64, u64)>,
}

impl Repeats {
    /// Whether this is the device's previous record again; remembers it.
    pub(super) fn is_repeat(&mut self, key: Key<'_>) -> bool {
        let record = (key.t_us, key.lat_deg.to_bits(), key.lon_deg.to_bits());
        if let Some(previous) = self.previous.get_mut(key.device) {
            return std::mem::replace(previous, record) == record;
        }
        if self.previous.len() >= MAX_DEVICES {
            // A repeat may then be taken for a fix, which the statement shows; nothing is lost.
            self.previous.clear();
        }
        self.previous.insert(key.device.to_owned(), record);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_previous_record_of_the_same_device_is_repeated() {
        let mut repeats = Repeats::default();
        let mut tell = |device, t_us, lat_deg| repeats.is_repeat(Key { device, t_us, lat_deg, lon_deg: 1.0 });
        assert!(!tell("a", 1, 50.0));
        assert!(!tell("b", 1, 50.0), "another device at the same place and time is an observation");
        assert!(tell("a", 1, 50.0), "between them another device spoke");
        assert!(tell("a", 1, 50.0), "a third time");
        assert!(!tell("a", 1, 50.1));
        assert!(!tell("a", 2, 50.1));
        assert!(!tell("a", 1, 50.1), "not the previous one");
    }

    #[test]
    fn memory_is_bounded() {
        let mut repeats = Repeats::default();
        for device in 0..=MAX_DEVICES {
            repeats.is_repeat(Key { device: &device.to_string(), t_us: 0, lat_deg: 0.0, lon_deg: 0.0 });
        }
        assert!(repeats.previous.len() <= MAX_DEVICES);
    }
}
