//! The order of rows by what is in them, so that no result depends on the order in which they arrived.

use super::contact::{FixPoint, FoldError, Origin, Tables, TargetPoint};
use crate::model::TargetKind;

/// Where a row stands among the rows in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Its rank by content; rows with the same content (a redelivery) share it.
    pub(super) rank: u32,
    /// Its rank by device, time and position alone: two exhibits that hold the same record share it.
    pub(super) moment: u32,
}

/// Ranks of names: equal names have equal ranks, whatever their positions.
pub(super) fn name_ranks(names: &[String]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_unstable_by_key(|&i| &names[i]);
    let mut ranks = vec![0; names.len()];
    let mut rank = 0;
    for (k, &i) in order.iter().enumerate() {
        if k > 0 && names[i] != names[order[k - 1]] {
            rank += 1;
        }
        ranks[i] = rank;
    }
    ranks
}

/// A number's bits in an order that sorts as the numbers do; minus zero is zero.
pub(super) fn ordered_bits(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}

/// Ranks of names in every table.
pub(super) struct NameRanks {
    pub(super) devices: Vec<u32>,
    pub(super) owners: Vec<u32>,
    exhibits: Vec<u32>,
}

type Moment = (u32, i64, i64, u64, u64);
type FixKey = (Moment, u8, (u32, u64));
type TargetKey = ((TargetKind, Moment), u8, Option<(u32, u64)>);

impl NameRanks {
    pub(super) fn of(tables: &Tables<'_>) -> Self {
        Self {
            devices: name_ranks(tables.devices),
            owners: name_ranks(tables.owners),
            exhibits: name_ranks(tables.exhibits),
        }
    }

    fn origin(&self, origin: Origin) -> Result<(u32, u64), FoldError> {
        Ok((ranked(&self.exhibits, "exhibit", origin.exhibit)?, origin.row))
    }

    /// The rank of a fix's device.
    pub(super) fn device(&self, fix: &FixPoint) -> Result<u32, FoldError> {
        ranked(&self.devices, "device", fix.device)
    }

    /// The rank of a target's owner.
    pub(super) fn owner(&self, target: &TargetPoint) -> Result<u32, FoldError> {
        ranked(&self.owners, "owner", target.owner)
    }

    fn fix_key(&self, f: &FixPoint) -> Result<FixKey, FoldError> {
        let moment = (self.device(f)?, f.t0_us, f.t1_us, ordered_bits(f.lat_deg), ordered_bits(f.lon_deg));
        Ok((moment, f.source as u8, self.origin(f.origin)?))
    }

    fn target_key(&self, g: &TargetPoint) -> Result<TargetKey, FoldError> {
        let moment = (self.owner(g)?, g.t0_us, g.t1_us, ordered_bits(g.lat_deg), ordered_bits(g.lon_deg));
        let source = g.source.map_or(0, |s| s as u8 + 1);
        Ok(((g.kind, moment), source, g.origin.map(|o| self.origin(o)).transpose()?))
    }

    /// The standing of each fix that is in use, by its position; the others have an arbitrary one.
    pub(super) fn fixes(&self, tables: &Tables<'_>, used: Vec<u32>) -> Result<Vec<Standing>, FoldError> {
        let keys = keyed(used, |i| self.fix_key(tables.fix(i)?))?;
        Ok(standings(keys, tables.fixes.len(), |key| key.0))
    }

    /// The standing of each target that is in use, by its position; the others have an arbitrary one.
    pub(super) fn targets(&self, tables: &Tables<'_>, used: Vec<u32>) -> Result<Vec<Standing>, FoldError> {
        let keys = keyed(used, |i| self.target_key(tables.target(i)?))?;
        Ok(standings(keys, tables.targets.len(), |key| key.0))
    }
}

fn ranked(ranks: &[u32], what: &'static str, index: u32) -> Result<u32, FoldError> {
    let found = usize::try_from(index).ok().and_then(|i| ranks.get(i));
    found.copied().ok_or(FoldError { what, index, len: ranks.len() })
}

fn keyed<K>(mut used: Vec<u32>, key: impl Fn(u32) -> Result<K, FoldError>) -> Result<Vec<(K, u32)>, FoldError> {
    used.sort_unstable();
    used.dedup();
    used.into_iter().map(|i| Ok((key(i)?, i))).collect()
}

fn standings<K: Ord, M: PartialEq>(mut keys: Vec<(K, u32)>, len: usize, moment: impl Fn(&K) -> M) -> Vec<Standing> {
    keys.sort_unstable();
    let mut standings = vec![Standing::default(); len];
    let mut now = Standing::default();
    let mut before: Option<&K> = None;
    for (key, index) in &keys {
        if let Some(before) = before {
            now.rank += u32::from(before != key);
            now.moment += u32::from(moment(before) != moment(key));
        }
        before = Some(key);
        if let Some(place) = usize::try_from(*index).ok().and_then(|i| standings.get_mut(i)) {
            *place = now;
        }
    }
    standings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_share_a_rank_wherever_they_stand() {
        let names: Vec<String> = ["b", "a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(name_ranks(&names), [1, 0, 1, 2]);
    }

    #[test]
    fn bits_sort_as_numbers_do() {
        let sorted = [f64::NEG_INFINITY, -2.0, -1.0, -1e-300, 0.0, 1e-300, 1.0, 2.0, f64::INFINITY];
        assert!(sorted.is_sorted_by(|a, b| ordered_bits(*a) < ordered_bits(*b)));
        assert_eq!(ordered_bits(-0.0), ordered_bits(0.0));
    }
}
