//! What the service remembers of an upload: how the attempts at its parts ended, and whether its status was asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Beside the parts. Only numbers with an attempt under way or failed are in it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notes {
    attempts: BTreeMap<u16, Attempts>,
    /// The status was asked for since the upload was completed.
    asked: bool,
}

/// The attempts at one part. An attempt counts as failed from its beginning until it ended well, so that not even a
/// killed process leaves one that nobody knows of.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Attempts {
    begun: u32,
    unwell: BTreeSet<u32>,
}

impl Notes {
    /// An attempt begins; what comes back is its name.
    pub(crate) fn begin(&mut self, number: u16) -> u32 {
        let attempts = self.attempts.entry(number).or_default();
        attempts.begun += 1;
        attempts.unwell.insert(attempts.begun);
        attempts.begun
    }

    /// This attempt ended well.
    pub(crate) fn ended_well(&mut self, number: u16, attempt: u32) {
        let Some(attempts) = self.attempts.get_mut(&number) else { return };
        attempts.unwell.remove(&attempt);
        if attempts.unwell.is_empty() {
            self.attempts.remove(&number);
        }
    }

    /// An attempt at this part failed, and another began after it. Whether the failure was noticed here before or after
    /// the other began makes no difference: the client gave the first one up.
    pub(crate) fn is_burnt(&self, number: u16) -> bool {
        let attempts = self.attempts.get(&number);
        attempts.is_some_and(|attempts| attempts.unwell.first().is_some_and(|first| *first < attempts.begun))
    }

    /// Whether the status is asked for the first time.
    pub(crate) fn ask(&mut self) -> bool {
        !std::mem::replace(&mut self.asked, true)
    }
}
