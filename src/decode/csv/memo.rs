//! The few words a column repeats, each understood once.

/// How many words are remembered.
const REMEMBERED: usize = 64;

/// Remembers what words mean, so that a word costs no allocation after its first time.
#[derive(Debug)]
pub(super) struct Memo<T> {
    known: Vec<(String, T)>,
    last: usize,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { known: Vec::new(), last: 0 }
    }
}

impl<T: Copy> Memo<T> {
    /// What the word means; `learn` is asked the first time.
    pub(super) fn get(&mut self, word: &str, learn: impl FnOnce(&str) -> T) -> T {
        if let Some((known, meaning)) = self.known.get(self.last)
            && known == word
        {
            return *meaning;
        }
        if let Some(at) = self.known.iter().position(|(known, _)| known == word) {
            self.last = at;
            return self.known.get(at).map_or_else(|| learn(word), |(_, meaning)| *meaning);
        }
        let meaning = learn(word);
        if self.known.len() < REMEMBERED {
            self.known.push((word.to_owned(), meaning));
        }
        meaning
    }
}
