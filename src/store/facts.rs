//! What holds of the whole store: stated once in the log of a table, and never changed.
//!
//! ```text
//!  {"txn":{"appId":"locard:radius_m=100","version":1}}
//! ```
//! A fact is an application transaction, because these are in the same atomic commit as everything else, outlive the log
//! entry they came in (checkpoints carry them), and every reader of Delta tables passes over those it does not know. Two
//! processes that state different things at once cannot both succeed: the second sees what the first has stated.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::entry::{Draft, State};
use super::error::delta;
use super::open::{folder_url, log_store, storage};
use super::table::OpenTable;
use super::{Options, Store, StoreError, Table};

/// Facts: names, and what is stated.
pub type Facts = BTreeMap<String, String>;

/// Stands before the name of a fact; offsets of partitions have a hyphen there.
const PREFIX: &str = "locard:";

fn app_id(name: &str, value: &str) -> String {
    format!("{PREFIX}{name}={value}")
}

fn fact(app_id: &str) -> Option<(&str, &str)> {
    app_id.strip_prefix(PREFIX)?.split_once('=')
}

fn facts_in(transactions: &BTreeMap<String, i64>) -> Facts {
    let facts = transactions.keys().filter_map(|app_id| fact(app_id));
    facts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What is still to be stated; nothing if something else is stated already.
fn missing(wanted: &Facts, held: &Facts) -> Facts {
    if wanted.iter().any(|(name, value)| held.get(name).is_some_and(|held| held != value)) {
        return Facts::new();
    }
    wanted.iter().filter(|(name, _)| !held.contains_key(*name)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// What is stated in the log of a table of the store at an address, which is read and never made; nothing while there is
/// no such table.
///
/// # Errors
/// If the log cannot be read.
pub async fn facts_at(location: &Url, table: Table, options: &Options) -> Result<Facts, StoreError> {
    let location = folder_url(location)?;
    let storage = storage(&location, options)?;
    let log_store = log_store(&location, table, storage.as_ref())?;
    let there = log_store.is_delta_table_location().await.map_err(delta(format!("looking for table {table}")))?;
    if !there {
        return Ok(Facts::new());
    }
    let opened = OpenTable::open(table, log_store, Arc::new(options.clone()), Arc::default()).await?;
    opened.look(|state| facts_in(&state.next_offsets)).await
}

impl Store {
    /// What is stated in the log of a table.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn facts(&self, table: Table) -> Result<Facts, StoreError> {
        self.table(table)?.look(|state| facts_in(&state.next_offsets)).await
    }

    /// States facts that are not stated yet, in one commit, and gives all that are stated then. If one of them is
    /// stated otherwise, nothing is: the caller finds the difference in what is given.
    ///
    /// # Errors
    /// If the log cannot be read or written.
    pub async fn state_facts(&self, table: Table, facts: &Facts) -> Result<Facts, StoreError> {
        let mut held = Facts::new();
        let prepare = |state: &State| {
            held = facts_in(&state.next_offsets);
            let new = missing(facts, &held);
            let next_offsets: Vec<_> = new.iter().map(|(name, value)| (app_id(name, value), 1)).collect();
            held.extend(new);
            (!next_offsets.is_empty()).then(|| Draft { next_offsets, operation: "SET FACTS", ..Draft::default() })
        };
        self.table(table)?.commit(prepare).await?;
        Ok(held)
    }

    /// Whether rows were ever committed to a table, or the offsets of messages from which none followed.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn is_begun(&self, table: Table) -> Result<bool, StoreError> {
        let begun =
            |state: &State| !state.files.is_empty() || state.next_offsets.keys().any(|app_id| fact(app_id).is_none());
        self.table(table)?.look(begun).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{fixes, of, open};
    use super::super::upkeep_tests::late;
    use super::super::{Options, Upkeep};
    use super::*;

    fn facts(list: &[(&str, &str)]) -> Facts {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_stated_first_holds_and_is_never_half_changed() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder, Options::default()).await;
        assert!(!store.is_begun(Table::Fixes).await.unwrap());
        let first = facts(&[("radius_m", "100"), ("note", "a=b c")]);
        assert_eq!(store.state_facts(Table::Fixes, &first).await.unwrap(), first);
        assert!(!store.is_begun(Table::Fixes).await.unwrap(), "a fact is no row");
        let version = store.table(Table::Fixes).unwrap().look(|state| state.version).await.unwrap();
        // Another process, which states one thing more and one otherwise.
        let other = open(&folder, Options::default()).await;
        let wrong = facts(&[("radius_m", "50"), ("gap_us", "1")]);
        assert_eq!(other.state_facts(Table::Fixes, &wrong).await.unwrap(), first);
        assert_eq!(other.state_facts(Table::Fixes, &first).await.unwrap(), first);
        let now = store.table(Table::Fixes).unwrap().look(|state| state.version).await.unwrap();
        assert_eq!(now, version, "neither was a commit");
        let more = facts(&[("radius_m", "100"), ("gap_us", "1")]);
        assert_eq!(other.state_facts(Table::Fixes, &more).await.unwrap().len(), 3);
        assert_eq!(store.facts(Table::Fixes).await.unwrap().len(), 3);
        assert_eq!(store.facts(Table::Proximity).await.unwrap(), Facts::new());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_that_state_at_once_one_is_first_and_the_other_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (open(&folder, Options::default()).await, open(&folder, Options::default()).await);
        let (ours, theirs) = (facts(&[("radius_m", "100")]), facts(&[("radius_m", "50")]));
        let (a, b) = tokio::join!(a.state_facts(Table::Fixes, &ours), b.state_facts(Table::Fixes, &theirs));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a == b && (a == ours || a == theirs), "{a:?} {b:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn facts_outlive_the_log_entry_they_came_in() {
        let folder = tempfile::tempdir().unwrap();
        let upkeep = Upkeep { checkpoint_commits: 3, ..Upkeep::default() };
        let store = open(&folder, Options { upkeep, ..Options::default() }).await;
        let stated = facts(&[("radius_m", "100")]);
        store.state_facts(Table::Fixes, &stated).await.unwrap();
        for i in 0..4 {
            store.append(of(Table::Fixes, vec![fixes(0, i * 4, i * 4 + 4)])).await.unwrap();
        }
        assert_eq!(store.maintain().await.unwrap().checkpoints, 1);
        let cleaned = open(&folder, late()).await.maintain().await.unwrap();
        assert!(cleaned.log_entries > 1, "{cleaned:?}");
        let again = open(&folder, Options::default()).await;
        assert_eq!(again.facts(Table::Fixes).await.unwrap(), stated);
        assert!(again.is_begun(Table::Fixes).await.unwrap());
        assert_eq!(again.next_offsets("fixes").await.unwrap()[&0][&Table::Fixes], 16);
    }
}
