//! One implementation of DataFusion's scalar function for all of ours: a function is a row of data, its documentation
//! included.

use std::hash::{Hash, Hasher};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, DocSection, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::argument::Argument;

/// Computes a column from columns of equal length, each of the type that its [`Kind`](super::argument::Kind) shows.
pub type Kernel = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// A scalar function as data.
#[derive(Debug, Clone)]
pub struct Plain {
    /// Where it stands in the documentation.
    pub section: &'static str,
    /// Its name in SQL.
    pub name: &'static str,
    /// What it takes, in order.
    pub arguments: &'static [Argument],
    /// How many of the last arguments may be left out, all of them together.
    pub optional: usize,
    /// The type of what it gives.
    pub result: DataType,
    /// What it gives, with its unit, in one line.
    pub meaning: &'static str,
    /// What gives NULL besides NULL, or does not; a sentence.
    pub null: &'static str,
    /// A statement that calls it and gives a value.
    pub example: &'static str,
    /// What computes it.
    pub kernel: Kernel,
}

/// A scalar function as DataFusion calls it.
#[derive(Debug, Clone)]
pub struct Function {
    plain: Plain,
    signature: Signature,
    documentation: Documentation,
}

impl From<Plain> for Function {
    fn from(plain: Plain) -> Self {
        let names = plain.arguments.iter().map(|a| a.name.to_owned()).collect();
        let signature = Signature {
            type_signature: TypeSignature::UserDefined,
            volatility: Volatility::Immutable,
            parameter_names: Some(names),
        };
        let documentation = documentation(&plain);
        Self { plain, signature, documentation }
    }
}

impl Plain {
    /// How it is called: `reachable(lat1, ..., speed_m_s [, uncertainty1_m, uncertainty2_m])`.
    fn call(&self) -> String {
        let needed = self.arguments.len().saturating_sub(self.optional);
        let list = |arguments: &[Argument]| arguments.iter().map(|a| a.name).collect::<Vec<_>>().join(", ");
        let (needed, optional) = self.arguments.split_at(needed);
        match optional {
            [] => format!("{}({})", self.name, list(needed)),
            optional => format!("{}({} [, {}])", self.name, list(needed), list(optional)),
        }
    }

    fn takes(&self, count: usize) -> bool {
        count == self.arguments.len() || count + self.optional == self.arguments.len()
    }
}

fn documentation(plain: &Plain) -> Documentation {
    let section = DocSection { include: true, label: plain.section, description: None };
    let mut description = format!("{}.", plain.meaning);
    if !plain.null.is_empty() {
        description.push(' ');
        description.push_str(plain.null);
    }
    let mut builder = Documentation::builder(section, description, plain.call()).with_sql_example(plain.example);
    for argument in plain.arguments {
        builder = builder.with_argument(argument.name, argument.meaning);
    }
    builder.build()
}

// A name is registered once, so it tells functions apart; kernels are not comparable.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.plain.name == other.plain.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.plain.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.plain.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let plain = &self.plain;
        if !plain.takes(given.len()) {
            return plan_err!("{} is called with {} arguments", plain.call(), given.len());
        }
        let accepted = plain.arguments.iter().zip(given).map(|(argument, given)| {
            argument.kind.accepts(given).ok_or_else(|| {
                let must = argument.kind.noun();
                plan_datafusion_err!("{}: {} is {given} and must be {must}", plain.call(), argument.name)
            })
        });
        accepted.collect()
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.plain.result.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let given = ColumnarValue::values_to_arrays(&args.args)?;
        if !self.plain.takes(given.len()) {
            return plan_err!("{} is called with {} arguments", self.plain.call(), given.len());
        }
        let columns = given.iter().zip(self.plain.arguments).map(|(column, argument)| argument.kind.column(column));
        let result = (self.plain.kernel)(&columns.collect::<Result<Vec<_>>>()?)?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}
