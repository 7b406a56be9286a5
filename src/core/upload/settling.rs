//! Telling the service of stored parts, where it wants to be told: in batches, while others still fly.

use super::super::errand::Errand;
use super::super::part::Standing;
use super::super::watch::Purpose;
use super::super::{Error, Failed, Failure, Instant, Now, Origins, Reply, Step};
use super::closing::Ask;
use super::{Phase, Upload};

/// What is attempted, as errors say it.
pub(super) const REPORTING: &str = "reporting stored parts";

impl<K: Clone> Upload<K> {
    /// A part is stored: the service is to be told.
    pub(super) fn settle_later(&mut self, now: Instant, index: u32) {
        if let Some(settling) = self.rules.settling() {
            self.queues.unsettled.insert(index);
            self.settle_by.get_or_insert(now + settling.within);
        }
    }

    /// Tells of what is due. One report at a time: the next has more to say.
    pub(super) fn settle(&mut self, now: Now, origins: &mut Origins) {
        let Some(settling) = self.rules.settling() else { return };
        if self.settles_at(now, origins).is_none_or(|at| at > now.instant) {
            return;
        }
        let Phase::Sending { session } = &self.phase else { return };
        let session = session.clone();
        let parts: Vec<u32> = self.queues.unsettled.iter().take(settling.batch.max(1) as usize).collect();
        let receipt = |index: &u32| match &self.parts[*index as usize].standing {
            Standing::Stored(receipt) => Some((self.plan.part(*index), receipt.clone())),
            _ => None,
        };
        let receipts = parts.iter().filter_map(receipt).collect();
        for index in &parts {
            self.queues.unsettled.remove(*index);
        }
        self.settle_by = (!self.queues.unsettled.is_empty()).then(|| now.instant + settling.within);
        let task = self.task(Purpose::Settle(parts));
        self.run(now.instant, origins, Step::Settle { session, receipts }, task);
        self.settling.is_running = true;
    }

    /// When the next report may go out: a whole batch at once, and the last ones; else when they have waited.
    pub(super) fn settles_at(&self, now: Now, origins: &Origins) -> Option<Instant> {
        let settling = self.rules.settling()?;
        let idle = matches!(self.phase, Phase::Sending { .. }) && !self.paused && !self.settling.is_running;
        if !idle || self.queues.unsettled.is_empty() {
            return None;
        }
        let at_once = self.queues.unsettled.len() >= settling.batch as usize || self.stored == self.plan.parts();
        let due = if at_once { now.instant } else { self.settle_by? };
        Some(due.max(self.settling.until).max(self.api_opens_at(now, origins)))
    }

    /// A report has ended.
    pub(super) fn settled(
        &mut self,
        now: Now,
        origins: &mut Origins,
        parts: &[u32],
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        // Whatever comes of it: what is waited for next has an outage of its own.
        let mut settling = Errand { is_running: false, ..std::mem::take(&mut self.settling) };
        let failed = match outcome {
            Ok(Reply::Settled(known)) => {
                if let (Phase::Sending { session }, Some(known)) = (&mut self.phase, known) {
                    *session = known;
                }
                return self.close_if_whole();
            }
            Ok(_) => Failed::new(Failure::Nonsense, "the answer was taken for another step's".into()),
            Err(failed) => failed,
        };
        // What it heard of the last parts may have been the end of it, and only the answer was lost.
        if let (Failure::Gone | Failure::Rejected, Phase::Sending { session }) = (&failed.failure, &self.phase)
            && !self.rules.completes()
            && self.rules.watches()
            && self.stored == self.plan.parts()
        {
            let session = session.clone();
            self.phase = Phase::Closing(self.closing(session, Ask::Watch, Some(failed)));
            return;
        }
        let why = "the interrupted upload cannot be resumed";
        if matches!(failed.failure, Failure::Gone | Failure::Rejected)
            && self.resumed
            && self.begin_anew(now, origins, &Error::of(&failed, REPORTING, 1), why, None)
        {
            return;
        }
        // What the service may have heard of already is no harm to tell it again.
        for index in parts {
            self.queues.unsettled.insert(*index);
        }
        self.settle_by = Some(now.instant);
        if let Err(error) = self.judge(now, &mut settling, &failed, outage, REPORTING) {
            return self.fail(now, origins, error);
        }
        self.settling = settling;
    }
}
