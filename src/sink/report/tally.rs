//! The account of an exhibit's fixes, kept as they stream by.

use std::collections::BTreeMap;

use crate::model::{Basis, FixRow, SourceKind};
use crate::time::ZoneRule;

use super::{DeviceCount, Moment, PositionCount, Span, Uncertainties};

/// Counts the fixes of one exhibit by device, source and basis; memory grows with the devices, not with the fixes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    devices: BTreeMap<String, u64>,
    positions: BTreeMap<(SourceKind, Basis), u64>,
    span_us: Option<(i64, i64)>,
    uncertainties: Uncertainties,
    times_ambiguous: u64,
}

impl Tally {
    /// Counts a fix.
    pub fn see(&mut self, fix: &FixRow<'_>) {
        // Looked up before it is inserted: the name is copied once for each device, not once for each fix.
        if let Some(n) = self.devices.get_mut(fix.device) {
            *n += 1;
        } else {
            self.devices.insert(fix.device.to_owned(), 1);
        }
        *self.positions.entry((fix.source, fix.basis)).or_default() += 1;
        let (first, last) = self.span_us.unwrap_or((fix.t0_us, fix.t1_us));
        self.span_us = Some((first.min(fix.t0_us), last.max(fix.t1_us)));
        if fix.uncertainty_m.is_some() {
            self.uncertainties.stated += 1;
        } else {
            self.uncertainties.not_stated += 1;
        }
        self.times_ambiguous += u64::from(fix.time_ambiguous);
    }

    /// First to last record, shown in the given zone.
    #[must_use]
    pub fn span(&self, zone: &ZoneRule) -> Option<Span> {
        self.span_us.map(|(from, to)| Span { from: Moment::new(from, zone), to: Moment::new(to, zone) })
    }

    /// The devices, in order of name.
    #[must_use]
    pub fn devices(&self) -> Vec<DeviceCount> {
        self.devices.iter().map(|(device, n)| DeviceCount { device: device.clone(), fixes: *n }).collect()
    }

    /// What produced the positions.
    #[must_use]
    pub fn positions(&self) -> Vec<PositionCount> {
        self.positions.iter().map(|(&(source, basis), n)| PositionCount { source, basis, fixes: *n }).collect()
    }

    /// How many fixes state an uncertainty.
    #[must_use]
    pub const fn uncertainties(&self) -> Uncertainties {
        self.uncertainties
    }

    /// How many fixes have a local time with two readings.
    #[must_use]
    pub const fn times_ambiguous(&self) -> u64 {
        self.times_ambiguous
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fix_is_counted_once_in_each_list_and_order_does_not_matter() {
        let rows = [
            FixRow { device: "b", source: SourceKind::Gps, t0_us: 50, t1_us: 60, ..FixRow::default() },
            FixRow { device: "a", source: SourceKind::Cell, t0_us: 10, t1_us: 90, ..FixRow::default() },
            FixRow { device: "b", uncertainty_m: Some(5.0), t0_us: 20, t1_us: 20, ..FixRow::default() },
            FixRow { device: "b", time_ambiguous: true, t0_us: 30, t1_us: 30, ..FixRow::default() },
        ];
        let (mut forward, mut backward) = (Tally::default(), Tally::default());
        for (f, b) in rows.iter().zip(rows.iter().rev()) {
            forward.see(f);
            backward.see(b);
        }
        assert_eq!(forward, backward);
        let names: Vec<_> = forward.devices().into_iter().map(|d| (d.device, d.fixes)).collect();
        assert_eq!(names, [("a".to_owned(), 1), ("b".to_owned(), 3)]);
        assert_eq!(forward.positions().iter().map(|p| p.fixes).sum::<u64>(), 4);
        let span = forward.span(&ZoneRule::utc()).unwrap();
        assert_eq!((span.from.us, span.to.us), (10, 90));
        assert_eq!(forward.uncertainties(), Uncertainties { stated: 1, not_stated: 3 });
        assert_eq!(forward.times_ambiguous(), 1);
    }
}
