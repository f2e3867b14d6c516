//! Writing an evaluation: as text for a person, as JSON with everything.

use std::io::Write;

use super::json_text::to_writer;
use super::text::write_evaluation_text;
use super::{Evaluation, Form, SinkError};
use crate::time::ZoneRule;

/// Writes an evaluation as JSON if that is the form, and as text otherwise; `zone` is that of local times in the text.
///
/// # Errors
/// [`SinkError`] if the output cannot be written to.
pub fn write_evaluation(
    form: Form,
    evaluation: &Evaluation,
    zone: &ZoneRule,
    out: &mut dyn Write,
) -> Result<(), SinkError> {
    match form {
        Form::Json => to_writer(evaluation, out),
        _ => write_evaluation_text(evaluation, zone, out),
    }
}
