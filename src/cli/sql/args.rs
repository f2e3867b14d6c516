//! The arguments of `locard sql`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use crate::time::ZoneRule;

use super::parameter::Parameter;
use super::{SqlError, store_tables, unique};

/// Runs SQL over files, with Locard's functions and its join.
///
/// Exit codes: 0 for a result, 1 for a query or file that could not be used, 2 for wrong usage.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("query").required(true).args(["command", "file"]))]
pub struct SqlArgs {
    /// A table and the file, or folder of a Delta table, it is read from (may be repeated)
    #[arg(short = 't', long = "table", value_name = "NAME=FILE", value_parser = NamedFile::parse)]
    pub table: Vec<NamedFile>,

    /// A store: its tables fixes, `case_events`, proximity, encounters, rejects and exhibits, and the views
    /// `current_proximity` and `current_encounters`, which hold what holds now
    #[arg(long, value_name = "DIR|URL")]
    pub data: Option<String>,

    /// The SQL; several statements are divided by `;`
    #[arg(short = 'c', long, value_name = "SQL")]
    pub command: Option<String>,

    /// A file that holds the SQL
    #[arg(short = 'f', long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// A value for `$NAME` in the SQL (may be repeated); its type follows from its look unless it is named
    #[arg(short = 'p', long = "param", value_name = "NAME[:TYPE]=VALUE", value_parser = Parameter::parse)]
    pub param: Vec<Parameter>,

    /// The form of the result
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub output: ResultForm,

    /// Write the result to this file instead of standard output
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,

    /// How many cores a query uses [default: all]; with --cluster into how many parts it is divided [default: 16]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// A scheduler to which queries that read files go; executors must see the files under the same names
    #[arg(long, value_name = "df://HOST:PORT")]
    pub cluster: Option<String>,

    /// The memory queries may hold, mebibytes; fixes read from other formats may hold half as much besides
    #[arg(long, value_name = "MIB", default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(16..))]
    pub memory_mib: u32,

    /// Rows in a batch
    #[arg(long, value_name = "ROWS", default_value_t = 8_192, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub batch_size: u32,

    /// The zone of times that are written without one, for `fixes()` and parameters: an IANA name, UTC or an offset
    #[arg(long, value_name = "ZONE", value_parser = ZoneRule::parse, allow_hyphen_values = true)]
    pub zone: Option<ZoneRule>,
}

/// A form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ResultForm {
    /// For a person; long results are shortened.
    #[default]
    Table,
    /// A heading and one line a row.
    Csv,
    /// One array, one object a row.
    Json,
    /// Parquet; needs `--out`.
    Parquet,
}

/// A table's name and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// The name, in lower case as SQL reads names that are not quoted.
    pub name: String,
    /// The file.
    pub file: PathBuf,
}

impl NamedFile {
    /// Reads `NAME=FILE`; the name ends at the first `=`.
    ///
    /// # Errors
    /// What is wrong with the name or missing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once('=').ok_or("write NAME=FILE, such as s=suspect.parquet")?;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain || !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Err(format!("the table name {name:?} must be letters, digits and _, and not begin with a digit"));
        }
        if file.is_empty() {
            return Err("the file is missing: write NAME=FILE, such as s=suspect.parquet".to_owned());
        }
        Ok(Self { name: name.to_ascii_lowercase(), file: PathBuf::from(file) })
    }
}

impl SqlArgs {
    /// Checks what one argument cannot say by itself.
    ///
    /// # Errors
    /// [`SqlError::Usage`] names the arguments and what to do.
    pub fn validate(&self) -> Result<(), SqlError> {
        let usage = |text: String| Err(SqlError::Usage(text));
        if let Some(name) = unique(self.table.iter().map(|t| t.name.as_str())) {
            return usage(format!("two tables are named {name:?}: give each its own name"));
        }
        if self.data.is_some()
            && let Some(named) = self.table.iter().find(|t| store_tables::is_of_store(&t.name))
        {
            return usage(format!("--data has a table {:?}: give the file another name", named.name));
        }
        if let Some(name) = unique(self.param.iter().map(|p| p.name.as_str())) {
            return usage(format!("the parameter {name} is given twice"));
        }
        if self.output == ResultForm::Parquet && self.out.is_none() {
            return usage("--output parquet needs --out PATH: it is not text".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_s_name_is_one_that_sql_can_write_without_quotes() {
        let named = NamedFile::parse("S1=my data/a=b.parquet").unwrap();
        assert_eq!((named.name.as_str(), named.file), ("s1", PathBuf::from("my data/a=b.parquet")));
        for bad in ["a.parquet", "=a.csv", "s=", "1s=a", "my table=a", "a.b=c", "é=a"] {
            assert!(NamedFile::parse(bad).is_err(), "{bad}");
        }
    }
}
