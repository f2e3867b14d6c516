//! As of when a table is read, and how that stands in a table's name between the text and the plan.

use datafusion::error::DataFusionError;

/// What divides a table's name from as of when it is read.
const MARK: char = '@';

/// As of when a table is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum AsOf {
    /// As of its last commit.
    #[default]
    Now,
    /// As of a version of its log.
    Version(u64),
    /// What was committed up to a moment, UTC microseconds.
    Time(i64),
}

impl AsOf {
    /// The name of a table as of then.
    #[must_use]
    pub fn name(self, table: &str) -> String {
        match self {
            Self::Now => table.to_owned(),
            Self::Version(version) => format!("{table}{MARK}v{version}"),
            Self::Time(us) => format!("{table}{MARK}t{us}"),
        }
    }

    /// The table and as of when, from such a name.
    ///
    /// # Errors
    /// If what follows the mark is none.
    pub fn parse(name: &str) -> Result<(&str, Self), DataFusionError> {
        let Some((table, when)) = name.split_once(MARK) else { return Ok((name, Self::Now)) };
        let version = when.strip_prefix('v').and_then(|v| v.parse().ok()).map(Self::Version);
        let time = || when.strip_prefix('t').and_then(|t| t.parse().ok()).map(Self::Time);
        let bad = || DataFusionError::Plan(format!("{name} is no table"));
        version.or_else(time).map(|as_of| (table, as_of)).ok_or_else(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for as_of in [AsOf::Now, AsOf::Version(0), AsOf::Version(12), AsOf::Time(-5), AsOf::Time(1_700_000_000_000_000)]
        {
            assert_eq!(AsOf::parse(&as_of.name("fixes")).unwrap(), ("fixes", as_of));
        }
        for bad in ["fixes@", "fixes@v", "fixes@v-1", "fixes@12", "fixes@v1@v2"] {
            assert!(AsOf::parse(bad).is_err(), "{bad}");
        }
    }
}
