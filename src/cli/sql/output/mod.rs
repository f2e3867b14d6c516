//! Results, batch by batch, in the form asked for.

mod csv_rows;
mod json_rows;
mod parquet_rows;
mod table_rows;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use tempfile::NamedTempFile;

use super::{ResultForm, SqlError};

/// Takes the batches of one result.
pub trait Rows {
    /// Takes a batch.
    ///
    /// # Errors
    /// [`SqlError::Output`] if it cannot be written, [`SqlError::Query`] if a value cannot be shown in this form.
    fn batch(&mut self, batch: &RecordBatch) -> Result<(), SqlError>;

    /// Ends the result.
    ///
    /// # Errors
    /// As for [`Rows::batch`].
    fn finish(self: Box<Self>) -> Result<(), SqlError>;
}

/// A writer of results of the given columns.
///
/// # Errors
/// [`SqlError::Query`] if two columns share a name in a form whose readers find columns by name.
pub fn rows<'a, W: Write + Send + 'a>(
    form: ResultForm,
    schema: &SchemaRef,
    out: W,
) -> Result<Box<dyn Rows + 'a>, SqlError> {
    if matches!(form, ResultForm::Json | ResultForm::Parquet) {
        each_name_once(schema)?;
    }
    Ok(match form {
        ResultForm::Table => Box::new(table_rows::TableRows::new(schema, out)),
        ResultForm::Csv => Box::new(csv_rows::CsvRows::new(schema, out)?),
        ResultForm::Json => Box::new(json_rows::JsonRows::new(out)),
        ResultForm::Parquet => Box::new(parquet_rows::ParquetRows::new(schema, out)?),
    })
}

fn each_name_once(schema: &Schema) -> Result<(), SqlError> {
    let mut names = BTreeSet::new();
    match schema.fields().iter().find(|f| !names.insert(f.name().as_str())) {
        Some(field) => {
            let text = format!("two columns of the result are named {:?}: name one with AS", field.name());
            Err(SqlError::Query(text))
        }
        None => Ok(()),
    }
}

/// A file that takes its name only when it is complete: a failing query leaves nothing, and may read what it replaces.
#[derive(Debug)]
pub enum OutFile {
    /// A file beside the one that is to be.
    Beside(BufWriter<NamedTempFile>),
    /// A device or pipe, which cannot be replaced.
    Direct(BufWriter<File>),
}

impl OutFile {
    /// Opens it.
    ///
    /// # Errors
    /// If the folder or the device cannot be written to.
    pub fn create(path: &Path) -> std::io::Result<Self> {
        if fs::metadata(path).is_ok_and(|m| !m.is_file()) {
            let file = fs::OpenOptions::new().write(true).open(path)?;
            return Ok(Self::Direct(BufWriter::new(file)));
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".locard-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any new file: the system takes away what the user's mask forbids.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        Ok(Self::Beside(BufWriter::new(builder.tempfile_in(folder)?)))
    }

    /// Gives the complete file its name.
    ///
    /// # Errors
    /// If the rest cannot be written or the file cannot be renamed.
    pub fn keep(self, path: &Path) -> std::io::Result<()> {
        match self {
            Self::Beside(file) => {
                let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
                file.persist(path).map(drop).map_err(|e| e.error)
            }
            Self::Direct(mut file) => file.flush(),
        }
    }
}

impl Write for OutFile {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Beside(file) => file.write(buf),
            Self::Direct(file) => file.write(buf),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Beside(file) => file.flush(),
            Self::Direct(file) => file.flush(),
        }
    }
}

#[cfg(test)]
#[path = "output_tests.rs"]
mod tests;
