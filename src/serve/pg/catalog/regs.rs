//! Names and numbers of what is in the catalogue, as functions: `to_regclass('fixes')`, `regclass_name(16384)`.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::SessionContext;
use pgwire::api::Type;

use super::super::types;
use super::functions::any;
use super::relations::Relations;
use super::tables::ROLE;

/// PostgreSQL's types that are numbers and show names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) enum Reg {
    Class,
    Type,
    Namespace,
    Proc,
    Role,
}

impl Reg {
    /// By its name in SQL.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "regclass" => Self::Class,
            "regtype" => Self::Type,
            "regnamespace" => Self::Namespace,
            "regproc" | "regprocedure" => Self::Proc,
            "regrole" => Self::Role,
            _ => return None,
        })
    }

    /// The function from a name to a number.
    pub const fn to_number(self) -> &'static str {
        match self {
            Self::Class => "to_regclass",
            Self::Type => "to_regtype",
            Self::Namespace => "to_regnamespace",
            Self::Proc => "to_regproc",
            Self::Role => "to_regrole",
        }
    }

    /// The type whose names this function turns into numbers.
    pub fn from_number_function(name: &str) -> Option<Self> {
        let all = [Self::Class, Self::Type, Self::Namespace, Self::Proc, Self::Role];
        all.into_iter().find(|reg| reg.to_number().eq_ignore_ascii_case(name))
    }

    /// The function from a number to a name.
    pub const fn to_name(self) -> &'static str {
        match self {
            Self::Class => "regclass_name",
            Self::Type => "regtype_name",
            Self::Namespace => "regnamespace_name",
            Self::Proc => "regproc_name",
            Self::Role => "regrole_name",
        }
    }
}

/// What names are looked up in.
#[derive(Debug)]
pub(super) struct Known {
    pub relations: Relations,
    pub account: String,
    pub types: Arc<BTreeMap<String, i32>>,
    pub procs: Arc<BTreeMap<i32, String>>,
}

impl Known {
    fn number(&self, reg: Reg, name: &str) -> Option<i32> {
        match reg {
            Reg::Class => self.relations.class(name),
            Reg::Namespace => self.relations.namespace(name),
            Reg::Type => {
                let bare = name.trim().strip_prefix("pg_catalog.").unwrap_or(name.trim());
                let by_sql = || Some(types::named(bare)).filter(|wire| *wire != Type::UNKNOWN);
                let by_sql = || by_sql().and_then(|wire| i32::try_from(wire.oid()).ok());
                let found = self.types.get(&bare.to_lowercase()).copied();
                found.or_else(by_sql).or_else(|| bare.parse().ok())
            }
            Reg::Proc => {
                let bare = name.rsplit('.').next().unwrap_or(name);
                self.procs.iter().find(|(_, known)| *known == bare).map(|(oid, _)| *oid)
            }
            Reg::Role => (name.trim_matches('"') == self.account).then_some(ROLE),
        }
    }

    fn name(&self, reg: Reg, oid: i32) -> String {
        let digits = || oid.to_string();
        match reg {
            _ if oid == 0 => "-".to_owned(),
            Reg::Class => self.relations.class_name(oid),
            Reg::Namespace => self.relations.schema_name(oid).map_or_else(digits, ToOwned::to_owned),
            Reg::Type => type_name(oid),
            Reg::Proc => self.procs.get(&oid).cloned().unwrap_or_else(digits),
            Reg::Role => {
                if oid == ROLE {
                    self.account.clone()
                } else {
                    digits()
                }
            }
        }
    }
}

/// A type's name as `format_type` shows it.
pub(super) fn type_name(oid: i32) -> String {
    if oid == 0 {
        return "-".to_owned();
    }
    let wire = u32::try_from(oid).ok().and_then(Type::from_oid);
    wire.map_or_else(|| "???".to_owned(), |wire| types::displayed(&wire))
}

/// Registers them all.
pub(super) fn register(context: &SessionContext, known: &Arc<Known>) {
    for reg in [Reg::Class, Reg::Type, Reg::Namespace, Reg::Proc, Reg::Role] {
        for to_name in [true, false] {
            let (known, signature) = (Arc::clone(known), any(Volatility::Stable));
            context.register_udf(ScalarUDF::from(Lookup { reg, to_name, known, signature }));
        }
    }
}

#[derive(Debug)]
struct Lookup {
    reg: Reg,
    to_name: bool,
    known: Arc<Known>,
    signature: Signature,
}

impl PartialEq for Lookup {
    fn eq(&self, other: &Self) -> bool {
        self.reg == other.reg && self.to_name == other.to_name && Arc::ptr_eq(&self.known, &other.known)
    }
}

impl Eq for Lookup {}

impl Hash for Lookup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.reg, self.to_name).hash(state);
    }
}

impl ScalarUDFImpl for Lookup {
    fn name(&self) -> &str {
        if self.to_name { self.reg.to_name() } else { self.reg.to_number() }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(if self.to_name { DataType::Utf8 } else { DataType::Int32 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let wrong = || DataFusionError::Plan(format!("{} takes one value", self.name()));
        let rows = args.number_rows;
        let given = args.args.into_iter().next().ok_or_else(wrong)?;
        let given = given.into_array(rows)?;
        let found: ArrayRef = match (self.to_name, given.data_type()) {
            // Functions stand in the catalogue by their names already.
            (true, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => cast(&given, &DataType::Utf8)?,
            (true, _) => {
                let oids = cast(&given, &DataType::Int32)?;
                let oids = oids.as_primitive::<Int32Type>().iter();
                Arc::new(oids.map(|oid| oid.map(|oid| self.known.name(self.reg, oid))).collect::<StringArray>())
            }
            (false, data_type) if data_type.is_integer() => cast(&given, &DataType::Int32)?,
            (false, _) => {
                let names = cast(&given, &DataType::Utf8)?;
                let names = names.as_string::<i32>().iter();
                Arc::new(names.map(|name| self.known.number(self.reg, name?)).collect::<Int32Array>())
            }
        };
        Ok(ColumnarValue::Array(found))
    }
}
