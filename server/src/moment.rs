//! Moments of the wall clock, as RFC 3339 text in JSON.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(jiff::Timestamp);

impl Moment {
    /// This moment.
    pub(crate) fn now() -> Self {
        Self(jiff::Timestamp::now())
    }

    /// This moment, cut to the second, for services whose times have no fractions.
    pub(crate) fn this_second() -> Self {
        let now = jiff::Timestamp::now();
        // A second of the clock is always in range.
        Self(jiff::Timestamp::from_second(now.as_second()).unwrap_or(now))
    }

    /// So much later.
    pub(crate) fn plus(self, time: Duration) -> Self {
        // The last moment that can be written comes after everything.
        Self(self.0.saturating_add(time).unwrap_or(jiff::Timestamp::MAX))
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
