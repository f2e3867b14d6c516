//! Names as small numbers.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// Numbers for names, in the order they are met.
#[derive(Debug, Default)]
pub struct Numbers {
    /// The names, by number.
    pub names: Vec<String>,
    known: HashMap<String, u32, RandomState>,
    last: Option<u32>,
}

impl Numbers {
    /// The number of a name that has been met.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<u32> {
        self.known.get(name).copied()
    }

    /// The number of a name, a new one if it has not been met.
    pub fn of(&mut self, name: &str) -> u32 {
        if let Some(last) = self.last.filter(|i| self.names.get(*i as usize).is_some_and(|n| n == name)) {
            return last;
        }
        let number = self.known(name).unwrap_or_else(|| {
            let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            self.known.insert(name.to_owned(), next);
            self.names.push(name.to_owned());
            next
        });
        self.last = Some(number);
        number
    }
}
