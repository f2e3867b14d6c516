//! The terms of a store: the parameters its flags are computed with, and how many partitions its topics have.
//!
//! Whoever is first to fill a store states them in it; whoever comes with others later is refused. For what was said by
//! other parameters would stay current beside what is said now, and with another number of partitions the records of a
//! case would be in two of them. So every number in the tables can be recomputed from what is kept beside it.

use super::StreamError;
use super::standing::Standing;
use crate::model::ProximityParams;
use crate::store::{Facts, Store, Table};

/// The table in whose log the parameters are stated.
const OF_PARAMS: Table = Table::Proximity;
/// The table in whose log the number of partitions is stated.
const OF_PARTITIONS: Table = Table::Fixes;

const RADIUS_M: &str = "radius_m";
const EXIT_RADIUS_M: &str = "exit_radius_m";
const WINDOW_US: &str = "window_us";
const GAP_US: &str = "gap_us";
const MAX_INTERPOLATION_US: &str = "max_interpolation_us";
const PARTITIONS: &str = "partitions";

/// The parameters as facts; a radius is written so that it is read back to the last bit.
fn facts_of(params: &ProximityParams) -> Facts {
    // Minus zero is zero.
    let metres = |m: f64| (m + 0.0).to_string();
    let facts = [
        (RADIUS_M, metres(params.radius_m)),
        (EXIT_RADIUS_M, metres(params.exit_radius_m)),
        (WINDOW_US, params.window_us.to_string()),
        (GAP_US, params.gap_us.to_string()),
        (MAX_INTERPOLATION_US, params.max_interpolation_us.to_string()),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The parameters that facts of a store's table of proximities state; `None` if they do not state all of them.
#[must_use]
pub fn params_stated(facts: &Facts) -> Option<ProximityParams> {
    let us = |name: &str| facts.get(name)?.parse::<i64>().ok();
    let m = |name: &str| facts.get(name)?.parse::<f64>().ok();
    Some(ProximityParams {
        radius_m: m(RADIUS_M)?,
        window_us: us(WINDOW_US)?,
        gap_us: us(GAP_US)?,
        exit_radius_m: m(EXIT_RADIUS_M)?,
        max_interpolation_us: us(MAX_INTERPOLATION_US)?,
    })
}

/// Each parameter that differs, in words; empty if none does.
fn differences(stored: &ProximityParams, given: &ProximityParams) -> String {
    let s = |us: i64| std::time::Duration::from_micros(us.unsigned_abs()).as_secs_f64();
    let each = |p: &ProximityParams| {
        [
            ("radius_m", p.radius_m, "m"),
            ("window_s", s(p.window_us), "s"),
            ("gap_s", s(p.gap_us), "s"),
            ("exit_radius_m", p.exit_radius_m, "m"),
            ("max_interpolation_s", s(p.max_interpolation_us), "s"),
        ]
    };
    let pairs = each(stored).into_iter().zip(each(given)).filter(|((_, stored, _), (_, given, _))| stored != given);
    let words = pairs
        .map(|((name, stored, unit), (_, given, _))| format!("{name} is {stored} {unit} there, {given} {unit} here"));
    words.collect::<Vec<_>>().join("; ")
}

/// The parameters that a store was begun with; `None` if it has no flags yet.
///
/// # Errors
/// [`StreamError::ParamsNotStated`] if it has flags and does not say how they were computed; [`StreamError::Store`].
pub async fn stored_params(store: &Store) -> Result<Option<ProximityParams>, StreamError> {
    let params = params_stated(&store.facts(OF_PARAMS).await?);
    if params.is_none() && store.is_begun(OF_PARAMS).await? {
        return Err(StreamError::ParamsNotStated);
    }
    Ok(params)
}

/// States the parameters in a store that has none yet, and refuses others than it has.
///
/// # Errors
/// [`StreamError::OtherParams`] names each that differs; besides as [`stored_params`].
pub async fn hold_to_params(store: &Store, given: &ProximityParams) -> Result<(), StreamError> {
    stored_params(store).await?;
    let held = params_stated(&store.state_facts(OF_PARAMS, &facts_of(given)).await?);
    let held = held.ok_or(StreamError::ParamsNotStated)?;
    let differences = differences(&held, given);
    if differences.is_empty() { Ok(()) } else { Err(StreamError::OtherParams { differences }) }
}

/// States how many partitions the topics have in a store that does not know yet, and refuses another number than it
/// knows.
///
/// # Errors
/// [`StreamError::OtherPartitions`]; [`StreamError::Store`] if the store cannot be read or written.
pub async fn hold_to_partitions(store: &Store, given: i32) -> Result<(), StreamError> {
    if !store.facts(OF_PARTITIONS).await?.contains_key(PARTITIONS) {
        let greatest = Standing::of_all(store).await?.into_keys().max();
        if let Some(greatest) = greatest.filter(|greatest| *greatest >= given) {
            let before = format!("at least {}", greatest.saturating_add(1));
            return Err(StreamError::OtherPartitions { given, before });
        }
    }
    let stated = Facts::from([(PARTITIONS.to_owned(), given.to_string())]);
    let held = store.state_facts(OF_PARTITIONS, &stated).await?;
    let before = held.get(PARTITIONS).cloned().unwrap_or_default();
    if before == given.to_string() { Ok(()) } else { Err(StreamError::OtherPartitions { given, before }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Commit, Offsets, Options, Part};

    async fn open(folder: &tempfile::TempDir) -> Store {
        let url = url::Url::from_directory_path(folder.path()).unwrap();
        Store::open(&url, Options::default()).await.unwrap()
    }

    async fn read_up_to(store: &Store, table: Table, partition: i32) {
        let offsets = Offsets { topic: "fixes".to_owned(), partition, expected: None, next: 5 };
        store.append(Commit { table, parts: vec![Part { rows: Vec::new(), offsets: Some(offsets) }] }).await.unwrap();
    }

    #[test]
    fn parameters_are_written_so_that_they_are_read_back_to_the_last_bit() {
        let odd = ProximityParams {
            radius_m: 0.1 + 0.2,
            exit_radius_m: 1e-300,
            window_us: 1,
            gap_us: 0,
            ..Default::default()
        };
        for params in [odd, ProximityParams::default()] {
            assert_eq!(params_stated(&facts_of(&params)), Some(params));
            assert_eq!(differences(&params, &params), "");
        }
        let mut part = facts_of(&odd);
        part.remove(GAP_US);
        assert_eq!(params_stated(&part), None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn other_parameters_are_refused_by_name_with_both_values_and_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let usual = ProximityParams::default();
        let store = open(&folder).await;
        assert_eq!(stored_params(&store).await.unwrap(), None);
        hold_to_params(&store, &usual).await.unwrap();
        read_up_to(&store, Table::Proximity, 0).await;
        let again = open(&folder).await;
        hold_to_params(&again, &usual).await.unwrap();
        let each = [
            (ProximityParams { radius_m: 50.0, ..usual }, "radius_m is 100 m there, 50 m here"),
            (ProximityParams { window_us: 60_000_000, ..usual }, "window_s is 120 s there, 60 s here"),
            (ProximityParams { gap_us: 600_500_000, ..usual }, "gap_s is 600 s there, 600.5 s here"),
            (ProximityParams { exit_radius_m: 150.0, ..usual }, "exit_radius_m is 100 m there, 150 m here"),
            (ProximityParams { max_interpolation_us: 0, ..usual }, "max_interpolation_s is 300 s there, 0 s here"),
        ];
        for (other, named) in each {
            let error = hold_to_params(&again, &other).await.unwrap_err();
            assert!(error.is_final() && error.to_string().contains(&format!("{named}: ")), "{error}");
        }
        assert_eq!(stored_params(&again).await.unwrap(), Some(usual));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn flags_of_which_nobody_knows_how_they_were_computed_are_not_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).await;
        read_up_to(&store, OF_PARAMS, 0).await;
        let error = hold_to_params(&store, &ProximityParams::default()).await.unwrap_err();
        assert!(matches!(error, StreamError::ParamsNotStated) && error.is_final(), "{error}");
        assert_eq!(store.facts(OF_PARAMS).await.unwrap(), Facts::new(), "and nothing is stated of them");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn another_number_of_partitions_is_refused_more_as_well_as_fewer() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).await;
        hold_to_partitions(&store, 8).await.unwrap();
        read_up_to(&store, Table::Fixes, 7).await;
        hold_to_partitions(&open(&folder).await, 8).await.unwrap();
        for (given, said) in [(16, "have 16 partitions now and had 8 "), (4, "have 4 partitions now and had 8 ")] {
            let error = hold_to_partitions(&store, given).await.unwrap_err();
            assert!(error.is_final() && error.to_string().contains(said), "{error}");
        }
        // A store that does not say, and has a record of the twelfth.
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).await;
        read_up_to(&store, Table::Fixes, 11).await;
        let error = hold_to_partitions(&store, 8).await.unwrap_err();
        assert!(error.to_string().contains("have 8 partitions now and had at least 12 "), "{error}");
        hold_to_partitions(&store, 12).await.unwrap();
    }
}
