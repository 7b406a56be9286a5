//! Where requests go, and what is known of each such place.

use super::Instant;
use super::link::Link;
use std::fmt;
use std::rc::Rc;

/// Scheme, host and port, as browsers count connections by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(Rc<str>);

impl Origin {
    /// The origin that `text` names. It is compared, never parsed.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The origins that the uploads of a page talk to.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<(Origin, Link)>);

impl Origins {
    pub(super) fn link(&mut self, origin: &Origin) -> &mut Link {
        let at = self.0.iter().position(|(known, _)| known == origin).unwrap_or_else(|| {
            self.0.push((origin.clone(), Link::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    pub(super) fn get(&self, origin: &Origin) -> Option<&Link> {
        self.0.iter().find(|(known, _)| known == origin).map(|(_, link)| link)
    }

    /// What is left to be sent is to be counted.
    pub(super) fn count_anew(&mut self) {
        self.0.iter_mut().for_each(|(_, link)| link.left = 0);
    }

    pub(super) fn knock_now(&mut self, now: Instant) {
        self.0.iter_mut().for_each(|(_, link)| link.knock_now(now));
    }

    /// The browser believes that the network is back.
    pub(super) fn returned(&mut self, now: Instant) {
        self.0.iter_mut().for_each(|(_, link)| link.returned(now));
    }

    /// Parts in flight to `origin`, of all uploads.
    #[must_use]
    pub fn in_flight(&self, origin: &Origin) -> u32 {
        self.get(origin).map_or(0, |link| link.in_flight)
    }
}
