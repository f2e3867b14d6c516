//! An object inside a JSON record, told from what is not one.
//!
//! `serde` takes an array for a structure, its elements for the fields in their order. A record of an export whose
//! layout changed would then be read as nonsense or as nothing; here it is refused where it stands.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json_row::Fault;
use crate::model::RejectReason;

/// One entry of a list of objects: a wrong entry costs itself, not the list.
#[derive(Debug, PartialEq)]
pub(super) enum Item<T> {
    /// An object.
    Read(T),
    /// `null`.
    Null,
    /// Anything else.
    Other,
}

impl<T> Item<T> {
    /// The object.
    ///
    /// # Errors
    /// A [`Fault`] if it is none.
    pub(super) fn read(&self) -> Result<&T, Fault> {
        match self {
            Self::Read(object) => Ok(object),
            _ => Err(Fault { field: "", value: "not a JSON object".to_owned(), reason: RejectReason::Syntax }),
        }
    }
}

/// Reads a field that holds an object or nothing, for `#[serde(deserialize_with)]`.
///
/// # Errors
/// If it holds anything else.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    match Item::deserialize(deserializer)? {
        Item::Read(object) => Ok(Some(object)),
        Item::Null => Ok(None),
        Item::Other => Err(D::Error::custom("not a JSON object")),
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor(PhantomData))
    }
}

struct ItemVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemVisitor<T> {
    type Value = Item<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Item::Read)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Item::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Item::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Item::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Item::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Item::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Item::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Item::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Pair {
        a: u8,
        b: u8,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Holder {
        #[serde(deserialize_with = "object")]
        pair: Option<Pair>,
    }

    #[test]
    fn an_array_is_not_taken_for_a_structure() {
        let list: Vec<Item<Pair>> = serde_json::from_str(r#"[{"b": 2}, [1, 2], null, "x", 7, -7, 0.5, true]"#).unwrap();
        assert_eq!(list[0].read(), Ok(&Pair { a: 0, b: 2 }));
        assert!(list.len() == 8 && list[1..].iter().all(|item| item.read().is_err()));
        assert_eq!(serde_json::from_str::<Holder>(r#"{"pair": null}"#).unwrap(), Holder::default());
        assert_eq!(serde_json::from_str::<Holder>("{}").unwrap(), Holder::default());
        assert!(serde_json::from_str::<Holder>(r#"{"pair": [1, 2]}"#).is_err());
    }
}
