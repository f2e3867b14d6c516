//! The account of a file's fixes, kept as batches pass by.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, StringArray};

use crate::decode::{FixView, WordColumn};
use crate::evaluate::Heard;
use crate::model::{Basis, SourceKind};
use crate::sink::report::{DeviceCount, Gap, PositionCount, Uncertainties};
use crate::time::ZoneRule;

/// Counts fixes by device, source and basis, and hears silences; memory grows with devices and hours, not with fixes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    devices: Vec<(String, u64)>,
    numbers: BTreeMap<String, u32>,
    /// The numbers of the words of the last dictionary seen: batches share one.
    dictionary: Option<(Arc<StringArray>, Vec<u32>)>,
    positions: BTreeMap<(SourceKind, Basis), u64>,
    pub(super) uncertainties: Uncertainties,
    pub(super) times_ambiguous: u64,
    heard: Heard,
}

impl Tally {
    pub(super) fn see(&mut self, view: &FixView<'_>) {
        let numbers = self.numbers_of(&view.device);
        let sources: Vec<_> = words(view.source.words(), |w| SourceKind::parse(w).unwrap_or(SourceKind::Unknown));
        let bases: Vec<_> = words(view.basis.words(), |w| Basis::parse(w).unwrap_or(Basis::Inferred));
        let mut kinds = vec![0u64; sources.len() * bases.len()];
        for row in 0..view.len() {
            let device = numbers[view.device.key(row)];
            self.devices[device as usize].1 += 1;
            kinds[view.source.key(row) * bases.len() + view.basis.key(row)] += 1;
            self.heard.hear(device, view.t0_us[row], view.t1_us[row]);
        }
        for (i, n) in kinds.into_iter().enumerate().filter(|(_, n)| *n > 0) {
            *self.positions.entry((sources[i / bases.len()], bases[i % bases.len()])).or_default() += n;
        }
        let not_stated = view.uncertainty_m.null_count() as u64;
        self.uncertainties.not_stated += not_stated;
        self.uncertainties.stated += view.len() as u64 - not_stated;
        self.times_ambiguous += view.time_ambiguous.true_count() as u64;
    }

    fn numbers_of(&mut self, column: &WordColumn<'_>) -> Vec<u32> {
        if let Some((known, numbers)) = &self.dictionary
            && known.as_ref() == column.words()
        {
            return numbers.clone();
        }
        let numbers: Vec<u32> = column.words().iter().map(|w| self.number(w.unwrap_or_default())).collect();
        self.dictionary = Some((Arc::new(column.words().clone()), numbers.clone()));
        numbers
    }

    fn number(&mut self, device: &str) -> u32 {
        if let Some(number) = self.numbers.get(device) {
            return *number;
        }
        let number = u32::try_from(self.devices.len()).unwrap_or(u32::MAX);
        self.devices.push((device.to_owned(), 0));
        self.numbers.insert(device.to_owned(), number);
        number
    }

    /// The devices that have fixes, in order of name.
    pub(super) fn devices(&self) -> Vec<DeviceCount> {
        let mut devices: Vec<DeviceCount> = self
            .devices
            .iter()
            .filter(|(_, n)| *n > 0)
            .map(|(device, fixes)| DeviceCount { device: device.clone(), fixes: *fixes })
            .collect();
        devices.sort_by(|a, b| a.device.cmp(&b.device));
        devices
    }

    /// What produced the positions.
    pub(super) fn positions(&self) -> Vec<PositionCount> {
        self.positions.iter().map(|(&(source, basis), fixes)| PositionCount { source, basis, fixes: *fixes }).collect()
    }

    /// The silences, in order of device and time.
    pub(super) fn gaps(self, zone: &ZoneRule) -> Vec<Gap> {
        let Self { devices, heard, .. } = self;
        let name = |number: u32| devices.get(number as usize).map_or("", |(name, _)| name.as_str());
        let mut gaps: Vec<Gap> = heard.gaps().iter().map(|(device, gap)| Gap::new(name(*device), gap, zone)).collect();
        gaps.sort_by(|a, b| (&a.device, a.from.us).cmp(&(&b.device, b.from.us)));
        gaps
    }
}

fn words<T>(words: &StringArray, read: impl Fn(&str) -> T) -> Vec<T> {
    words.iter().map(|w| read(w.unwrap_or_default())).collect()
}
