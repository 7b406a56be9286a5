//! Moments of the wall clock, as RFC 3339 text in JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(jiff::Timestamp);

impl Moment {
    /// This moment.
    pub(crate) fn now() -> Self {
        Self(jiff::Timestamp::now())
    }

    /// Milliseconds since 1970, with fractions.
    pub(crate) fn epoch_ms(self) -> f64 {
        self.0.as_microsecond() as f64 / 1000.0
    }
}

impl From<Moment> for s3s::dto::Timestamp {
    fn from(moment: Moment) -> Self {
        std::time::SystemTime::from(moment.0).into()
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}
