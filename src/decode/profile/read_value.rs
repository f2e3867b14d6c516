//! Values of a profile that are words in TOML and types in Rust.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};

use crate::model::{Basis, SourceKind};
use crate::time::{TimeFormat, ZoneRule};

pub fn delimiter<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u8>, D::Error> {
    let text = String::deserialize(d)?;
    match text.as_str() {
        "auto" => Ok(None),
        "," => Ok(Some(b',')),
        ";" => Ok(Some(b';')),
        "tab" | "\t" => Ok(Some(b'\t')),
        "|" => Ok(Some(b'|')),
        _ => Err(D::Error::custom(format!("delimiter {text:?} is not auto, \",\", \";\", tab or \"|\""))),
    }
}

pub fn zone<'de, D: Deserializer<'de>>(d: D) -> Result<Option<ZoneRule>, D::Error> {
    ZoneRule::parse(&String::deserialize(d)?).map(Some).map_err(D::Error::custom)
}

pub fn formats<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<TimeFormat>, D::Error> {
    Vec::<String>::deserialize(d)?.iter().map(|text| format(text).map_err(D::Error::custom)).collect()
}

fn format(text: &str) -> Result<TimeFormat, String> {
    match text {
        "iso" => Ok(TimeFormat::Iso),
        "epoch_s" => Ok(TimeFormat::Epoch(1_000_000)),
        "epoch_ms" => Ok(TimeFormat::Epoch(1_000)),
        "epoch_us" => Ok(TimeFormat::Epoch(1)),
        pattern if pattern.contains('%') => Ok(TimeFormat::Pattern(pattern.to_owned())),
        _ => Err(format!(
            "time format {text:?} is not iso, epoch_s, epoch_ms, epoch_us or a pattern such as %d/%m/%Y %H:%M"
        )),
    }
}

fn source_word(text: &str) -> Result<SourceKind, String> {
    SourceKind::ALL.into_iter().find(|k| k.as_str() == text).ok_or_else(|| {
        let all: Vec<&str> = SourceKind::ALL.iter().map(|k| k.as_str()).collect();
        format!("source {text:?} is not one of {}", all.join(", "))
    })
}

pub fn source<'de, D: Deserializer<'de>>(d: D) -> Result<SourceKind, D::Error> {
    source_word(&String::deserialize(d)?).map_err(D::Error::custom)
}

pub fn sources<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<String, SourceKind>, D::Error> {
    BTreeMap::<String, String>::deserialize(d)?
        .into_iter()
        .map(|(word, kind)| Ok((word.trim().to_lowercase(), source_word(&kind).map_err(D::Error::custom)?)))
        .collect()
}

pub fn basis<'de, D: Deserializer<'de>>(d: D) -> Result<Basis, D::Error> {
    let text = String::deserialize(d)?;
    Basis::parse(&text)
        .ok_or_else(|| D::Error::custom(format!("basis {text:?} is not measured, estimated, inferred or edited")))
}
