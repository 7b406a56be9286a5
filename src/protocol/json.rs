//! The one shape in which adapters read answers and write bodies. The edge fills it from JavaScript values, tests
//! fill it from text; both through serde.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// A JSON value. Fields keep their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`, or nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as JavaScript has them.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Map(Vec<(String, Self)>),
}

impl Json {
    /// An object of these fields.
    pub fn object<const N: usize>(mut fields: [(&str, Self); N]) -> Self {
        Self::taken(&mut fields)
    }

    /// The same of as many as there are: there is a kind of array for each number of them, and code for each kind.
    fn taken(fields: &mut [(&str, Self)]) -> Self {
        let mut taken = Vec::new();
        for (name, value) in fields {
            taken.push(((*name).to_owned(), std::mem::take(value)));
        }
        Self::Map(taken)
    }

    /// The same object with one more field, if there is one, or in place of what has that name.
    #[must_use]
    pub fn and(mut self, field: Option<(&str, Self)>) -> Self {
        if let (Self::Map(fields), Some((name, value))) = (&mut self, field) {
            match fields.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = value,
                None => fields.push((name.to_owned(), value)),
            }
        }
        self
    }

    /// A field of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => {
                for (field, value) in fields {
                    if field == name {
                        return Some(value);
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// A field that is a string and not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::as_text).filter(|text| !text.is_empty())
    }

    /// A field that is a whole number, or text that reads as one.
    #[must_use]
    pub fn whole(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(Self::as_whole)
    }

    /// The string that this is.
    #[must_use]
    pub const fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The whole number that this is, or that its text reads as.
    #[must_use]
    pub fn as_whole(&self) -> Option<u64> {
        match self {
            // Whole numbers up to 2^53 are exact in a double; what is beyond is no size or number of anything here.
            Self::Number(number) if number.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(number) => {
                Some(*number as u64)
            }
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The items of an array.
    #[must_use]
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The fields of an object.
    #[must_use]
    pub fn fields(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Map(fields) => Some(fields),
            _ => None,
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Json {
    // Sizes are below 2^53: JavaScript has no others.
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            // A whole number is written without a point, as every service expects of sizes and counts. In the browser, which
            // has one kind of number, it is anyway. It is whole, and exact in a double.
            Self::Number(number)
                if cfg!(not(target_arch = "wasm32"))
                    && number.fract() == 0.0
                    && number.abs() < 9_007_199_254_740_992.0 =>
            {
                serializer.serialize_i64(*number as i64)
            }
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    // As JavaScript would.
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    // As JavaScript would.
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Map(fields))
    }
}
