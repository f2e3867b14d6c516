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
        // An empty text lies nowhere, and a processor takes longer over the comparison of nothing there than of a name: a fault
        // that it has to pass over.
        let same = |n: &String| n.len() == name.len() && (name.is_empty() || n == name);
        if let Some(last) = self.last.filter(|i| self.names.get(*i as usize).is_some_and(same)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number_the_empty_one_too() {
        let mut numbers = Numbers::default();
        let found = ["", "", "a", "b", "a", "", "ab", "b", ""].map(|name| numbers.of(name));
        assert_eq!(found, [0, 0, 1, 2, 1, 0, 3, 2, 0]);
        assert_eq!((numbers.known("ab"), numbers.known("c")), (Some(3), None));
    }
}
