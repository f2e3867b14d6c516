//! Lines of at most 100 columns, harmless to a terminal.

use std::io::Write;

use crate::sink::{SinkError, neutral};

/// The width of the report, characters.
pub(super) const COLUMNS: usize = 100;

/// How wide a label is, with the spaces after it.
const LABEL: usize = 10;

/// Where the sections write their lines.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// The heading of a section, after an empty line.
    pub(super) fn heading(&mut self, title: &str) -> Result<(), SinkError> {
        writeln!(self.out, "\n{title}")?;
        Ok(())
    }

    /// An empty line.
    pub(super) fn gap(&mut self) -> Result<(), SinkError> {
        writeln!(self.out)?;
        Ok(())
    }

    /// A line, broken at spaces; what is broken off is indented two further.
    pub(super) fn line(&mut self, indent: usize, text: &str) -> Result<(), SinkError> {
        self.hung(indent, indent + 2, text)
    }

    /// A label and its text; what is broken off stands under the text.
    pub(super) fn entry(&mut self, indent: usize, label: &str, text: &str) -> Result<(), SinkError> {
        let rest = indent + LABEL;
        let text = neutral(text);
        let mut label = label;
        for piece in wrapped(text.trim_end(), COLUMNS - rest, COLUMNS - rest) {
            writeln!(self.out, "{:indent$}{label:LABEL$}{piece}", "")?;
            label = "";
        }
        Ok(())
    }

    /// A line with a mark before it, broken so that the rest stands under the text.
    pub(super) fn item(&mut self, mark: &str, text: &str) -> Result<(), SinkError> {
        self.hung(2, 3 + mark.chars().count(), &format!("{mark} {text}"))
    }

    fn hung(&mut self, first: usize, rest: usize, text: &str) -> Result<(), SinkError> {
        let text = neutral(text);
        let text = text.trim_end();
        let mut indent = first;
        for piece in wrapped(text, COLUMNS - first.min(COLUMNS / 2), COLUMNS - rest.min(COLUMNS / 2)) {
            writeln!(self.out, "{:indent$}{piece}", "")?;
            indent = rest;
        }
        Ok(())
    }
}

/// Breaks text at spaces into a first line of `first` characters at most and others of `rest`; a longer word is cut.
fn wrapped(text: &str, first: usize, rest: usize) -> Vec<String> {
    // A line that fits keeps its spaces: columns are aligned by them.
    if text.chars().count() <= first {
        return vec![text.to_owned()];
    }
    let (mut lines, mut line, mut used, mut width) = (Vec::new(), String::new(), 0, first);
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
            (used, width) = (0, rest);
        }
        while used == 0 && word.len() > width {
            let tail = word.split_off(width);
            lines.push(word.into_iter().collect());
            (word, width) = (tail, rest);
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        used += word.len();
        line.extend(word);
    }
    if used > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_too_long_and_no_word_is_lost() {
        let text = format!("{} {} end", "é".repeat(250), "word ".repeat(60));
        let lines = wrapped(&text, 96, 90);
        assert!(lines.iter().all(|l| l.chars().count() <= 96), "{lines:?}");
        assert!(lines.iter().skip(1).all(|l| l.chars().count() <= 90), "{lines:?}");
        let without = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(without(&lines.concat()), without(&text));
        assert_eq!(wrapped("a   b", 96, 90), ["a   b"]);
        assert_eq!(wrapped("", 96, 90), [""]);
        assert_eq!(wrapped("abcd ef", 4, 2), ["abcd", "ef"]);
    }
}
