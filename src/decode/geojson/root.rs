//! Finding the features of a file, one at a time.
//!
//! The members of the root may come in any order. Those before and after `features` are small and kept; the elements
//! of `features` are read, told and dropped one by one.

use std::fmt;
use std::io::{BufRead, BufReader};

use ::geojson::JsonObject;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::decode::DecodeError;
use crate::decode::bounded::{Allowance, Bounded};

use super::Features;

/// The longest single feature that is read, bytes: a line of some 700 000 vertices with their times.
const MAX_FEATURE_BYTES: u64 = 32 * 1024 * 1024;

/// The types of a geometry (RFC 7946, section 1.4).
const GEOMETRIES: [&str; 7] =
    ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"];

/// The names of WGS84 in the `crs` member of `GeoJSON` before RFC 7946, in lower case.
const WGS84_NAMES: [&str; 4] =
    ["urn:ogc:def:crs:ogc:1.3:crs84", "urn:ogc:def:crs:ogc::crs84", "epsg:4326", "urn:ogc:def:crs:epsg::4326"];

/// Reads a file and hands its features over.
///
/// # Errors
/// As [`super::decode`].
pub(super) fn read(reader: &mut dyn BufRead, file: &str, features: &mut Features<'_>) -> Result<(), DecodeError> {
    let allowance = Allowance::new(MAX_FEATURE_BYTES);
    let bounded = Bounded::start(reader, &allowance).map_err(|e| allowance.explain(file, 0, e))?;
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(bounded));
    let mut root = Root { features, allowance: &allowance, rest: JsonObject::new(), seen: false, failed: None };
    let read = root.deserialize_root(&mut json).and_then(|()| json.end());
    let Root { rest, seen, failed, .. } = root;
    if let Some(error) = failed {
        return Err(error);
    }
    read.map_err(|error| explain(error, file, features.row, &allowance))?;
    finish(rest, seen, features, file)
}

fn explain(error: serde_json::Error, file: &str, row: u64, allowance: &Allowance) -> DecodeError {
    if error.is_io() {
        return allowance.explain(file, row, error.into());
    }
    DecodeError::Structure { file: file.to_owned(), row, detail: error.to_string() }
}

/// A single feature, a bare geometry, or the check that what came after the features does not contradict them.
fn finish(rest: JsonObject, seen: bool, features: &mut Features<'_>, file: &str) -> Result<(), DecodeError> {
    let broken = |row, detail: String| Err(DecodeError::Structure { file: file.to_owned(), row, detail });
    let crs = foreign_crs(&rest);
    if seen {
        return match crs {
            Some(crs) if features.foreign_crs.is_none() => {
                broken(features.row, format!("`crs` after the features says they are not WGS84 but {crs}"))
            }
            _ => Ok(()),
        };
    }
    features.foreign_crs = crs;
    match rest.get("type").and_then(Value::as_str) {
        Some("Feature") => features.feature("", Value::Object(rest)),
        Some(kind) if GEOMETRIES.contains(&kind) => {
            let feature = serde_json::json!({"type": "Feature", "geometry": rest, "properties": null});
            features.feature("", feature)
        }
        Some("FeatureCollection") => broken(0, "the FeatureCollection has no `features`".to_owned()),
        _ => broken(0, "it is not GeoJSON: neither `features` nor a known `type`".to_owned()),
    }
}

/// The name of a reference system other than WGS84; a `crs` that cannot be read is foreign too.
fn foreign_crs(rest: &JsonObject) -> Option<String> {
    let crs = rest.get("crs").filter(|v| !v.is_null())?;
    let name = crs.pointer("/properties/name").and_then(Value::as_str).unwrap_or("an unnamed system");
    let known = WGS84_NAMES.contains(&name.to_ascii_lowercase().as_str());
    (!known).then(|| name.to_owned())
}

struct Root<'a, 'f> {
    features: &'a mut Features<'f>,
    allowance: &'a Allowance,
    /// The members besides `features`.
    rest: JsonObject,
    seen: bool,
    /// The receiver's error, which serde cannot carry.
    failed: Option<DecodeError>,
}

impl Root<'_, '_> {
    fn deserialize_root<'de, D: Deserializer<'de>>(&mut self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(Members(self))
    }

    fn feature<E: serde::de::Error>(&mut self, index: u64, value: Value) -> Result<(), E> {
        self.features.feature(&format!("features[{index}]"), value).map_err(|error| {
            self.failed = Some(error);
            E::custom("the receiver failed")
        })
    }
}

/// The members of the root object.
struct Members<'x, 'a, 'f>(&'x mut Root<'a, 'f>);

impl<'de> Visitor<'de> for Members<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let root = self.0;
        while let Some(name) = members.next_key::<String>()? {
            if name == "features" {
                if root.seen {
                    return Err(A::Error::custom("`features` is given twice"));
                }
                root.seen = true;
                root.features.foreign_crs = foreign_crs(&root.rest);
                members.next_value_seed(Elements(root))?;
                root.allowance.renew();
            } else {
                let value = members.next_value()?;
                root.rest.insert(name, value);
            }
        }
        Ok(())
    }
}

/// The elements of `features`.
struct Elements<'x, 'a, 'f>(&'x mut Root<'a, 'f>);

impl<'de> DeserializeSeed<'de> for Elements<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of features")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut index = 0;
        self.0.allowance.renew();
        while let Some(value) = elements.next_element::<Value>()? {
            self.0.allowance.renew();
            self.0.feature(index, value)?;
            index += 1;
        }
        Ok(())
    }
}
