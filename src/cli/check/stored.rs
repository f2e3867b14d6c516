//! Records read back from a store: those behind the pairs, each once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::decode::{FixStore, FixView};
use crate::model::Fix;
use crate::sink::report::Record;

use super::CheckError;

/// A record as the report gives it, and the one thing of it that only the probability needs.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) record: Arc<Record>,
    /// The share of positions (0 to 1) that its uncertainty stands for.
    pub(super) confidence: f64,
}

/// The rows at the given positions of a numbered store, in order; `wanted` is sorted and names each once.
pub(super) fn stored(store: &FixStore, wanted: &[i64], names: &Names) -> Result<Vec<Stored>, CheckError> {
    let mut found = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.iter().copied().peekable();
    let mut batches = store.batches()?;
    while wanted.peek().is_some() {
        let Some(batch) = batches.next().transpose()? else { break };
        let view = FixView::new(&batch)?;
        let Some(first) = view.ordinal.first() else { continue };
        while let Some(ordinal) = wanted.peek() {
            let Some(row) = usize::try_from(ordinal - first).ok().filter(|row| *row < view.len()) else { break };
            found.push(names.stored(&view.fix(row), view.file.word(row)));
            wanted.next();
        }
    }
    Ok(found)
}

/// Names that many records share.
#[derive(Debug, Default)]
pub(super) struct Names(RefCell<BTreeSet<Arc<str>>>);

impl Names {
    pub(super) fn of(&self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.borrow().get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.0.borrow_mut().insert(Arc::clone(&shared));
        shared
    }

    fn stored(&self, fix: &Fix, file: &str) -> Stored {
        let record = Record::of_fix(fix, &self.of(&fix.exhibit), &self.of(file));
        Stored { record: Arc::new(record), confidence: fix.confidence }
    }
}
