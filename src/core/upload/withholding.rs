//! Parts that nobody answers because of what goes along with them. A browser asks a store's CORS rules before it sends a
//! checksum's header, and where they forbid that, it looks just like an outage. So while no part with a digest has ever had an
//! answer, one that had none is followed by one without, and what becomes of the two is compared:
//!
//! ```text
//! Unheard ──none with it──▶ Doubted ──an answer without──▶ Accused ──none with it──▶ Doubted again ──an answer without──▶ off
//!    ▲                         │                              │                           │
//!    ├── none without, either ─┘                              └─ an answer with it ─▶ Cleared
//!    └───────────────────────────────── none without, either ─────────────────────────────┘
//! ```
//!
//! To be taken for that, an outage would have to end, to begin anew and to end again within four requests. What was answered
//! without counts only once that is decided: until then it may be the one part among others that has no digest.

use super::super::watch::{Along, Task};
use super::super::{Digests, Failed, Failure, Instant, Now, Numbers, Origins, Preparing, Reply};
use super::Upload;

/// Whether it may be their digest that keeps the answers to parts away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// No part with a digest has been answered, and none has been left without an answer.
    #[default]
    Unheard,
    /// One was left without: the next one goes without its digest. Whether such a one has been answered before.
    Doubted { again: bool },
    /// It was answered. What becomes of a part with its digest that begins from now on?
    Accused { since: Instant },
    /// A part with its digest was answered.
    Cleared,
    /// It was. No part has one any more.
    Proven,
}

impl<K: Clone> Upload<K> {
    /// What goes along with a part that is sent now.
    pub(super) fn along(&self, index: u32) -> Along {
        if self.parts[index as usize].digest.is_none() {
            return Along::Nothing;
        }
        if matches!(self.suspicion, Suspicion::Doubted { .. }) { Along::Withheld } else { Along::Digest }
    }

    /// Whether a part would say nothing new before it is known what becomes of the one that went without its digest.
    pub(super) fn waits_for_doubt(&self, index: u32) -> bool {
        self.along(index) == Along::Withheld && self.tasks.first(&|task| task.along == Along::Withheld).is_some()
    }

    /// Where functions of the app make the request, the number is used once, or the URL itself asks for a digest and always
    /// will, a part goes as it was meant to.
    fn may_differ(&self) -> bool {
        self.rules.digests == Digests::First
            && self.rules.preparing() != Preparing::Each
            && self.rules.numbers() == Numbers::Reusable
    }

    /// Draws what follows for digests from the end of a request for a part. Says whether nothing else follows from it.
    pub(super) fn weigh(
        &mut self,
        now: Now,
        origins: &mut Origins,
        task: &Task,
        index: u32,
        outcome: &Result<Reply<K>, Failed>,
    ) -> bool {
        let failure = outcome.as_ref().err().map(|failed| &failed.failure);
        let is_heard = outcome.as_ref().map_or_else(|failed| failed.status.is_some(), |_| true);
        let is_unheard = failure == Some(&Failure::NoAnswer);
        match (task.along, self.suspicion) {
            (Along::Digest, _) if is_heard => self.suspicion = Suspicion::Cleared,
            // Where none can go without, nothing would ever clear a doubt up.
            (Along::Digest, Suspicion::Unheard) if is_unheard && self.may_differ() => {
                self.doubt(now.instant, origins, task, false);
            }
            (Along::Digest, Suspicion::Accused { since }) if is_unheard && task.began >= since => {
                self.doubt(now.instant, origins, task, true);
            }
            (Along::Withheld, Suspicion::Doubted { again: true }) if is_heard => {
                self.suspicion = Suspicion::Proven;
                let why = "the store answers parts only where no checksum goes along, so its CORS rules do not allow the \
                           header: none is sent any more";
                self.go_without_digests(origins, why.into());
                // That one is stored as all others will be.
                return failure.is_some() && self.is_about_digest(now, index, failure);
            }
            (Along::Withheld, Suspicion::Doubted { again: false }) if is_heard => {
                self.suspicion = Suspicion::Accused { since: now.instant };
            }
            (Along::Withheld, Suspicion::Doubted { .. }) => self.suspicion = Suspicion::Unheard,
            _ => {}
        }
        task.along == Along::Withheld && is_heard && self.is_about_digest(now, index, failure)
    }

    /// The next part goes without, and at once: while the origin is out of reach, few requests are left to find it out by.
    fn doubt(&mut self, now: Instant, origins: &mut Origins, task: &Task, again: bool) {
        self.suspicion = Suspicion::Doubted { again };
        if let Some(origin) = &task.origin {
            origins.link(origin).knock_now(now);
        }
    }

    /// Whether it may be for its digest that a part had no answer: that the origin answered others then says nothing.
    pub(super) const fn is_suspect(&self, task: &Task) -> bool {
        matches!(
            (task.along, self.suspicion),
            (Along::Digest, Suspicion::Doubted { .. } | Suspicion::Accused { .. } | Suspicion::Proven)
        )
    }

    /// Queues a part again that went without its digest and was answered; unless what was said has nothing to do with that.
    fn is_about_digest(&mut self, now: Now, index: u32, failure: Option<&Failure>) -> bool {
        let is_about_it = match failure {
            None => true,
            // Its signature wants the header.
            Some(failure) => matches!(failure, Failure::Refused | Failure::Rejected | Failure::DigestRefused),
        };
        if is_about_it {
            self.queues.lost.clear();
            self.meter.forget();
            if self.sending(index).is_none() {
                self.requeue(index);
            }
            self.sample(now.instant);
        }
        is_about_it
    }
}
