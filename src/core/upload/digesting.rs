//! Digests, made ahead of what needs them: before a part is signed, or where what it was signed with asks for one. That is
//! a task of its own: a part that is being read is not one that is being sent, and its silence means nothing.

use super::super::part::Standing;
use super::super::watch::{Purpose, Task};
use super::super::{Digests, Event, Failed, Failure, Now, Numbers, Origins, Reply, Step};
use super::{Phase, Upload};

/// Parts that are read at once: while one of them waits for the disk, the other one is reckoned.
const AT_ONCE: usize = 2;

impl<K: Clone> Upload<K> {
    /// Digests parts while fewer than two rounds of them are ahead of what is sent: the first byte does not wait for the
    /// last one to be read.
    pub(super) fn digest_ahead(&mut self, now: Now, origins: &mut Origins) {
        loop {
            let Phase::Sending { session } = &self.phase else { return };
            let Some(index) = self.queues.undigested.first() else { return };
            let at_it = self.being_digested();
            let is_first = self.rules.digests == Digests::First;
            let signed_next = if is_first { self.queues.unsigned.len() } else { 0 };
            let ahead = self.queues.ready.len() + signed_next + at_it;
            if self.paused || at_it >= AT_ONCE || ahead >= 2 * self.slots() as usize {
                return;
            }
            let ticket = self.parts[index as usize].pass.as_ref().map(|pass| pass.keep.clone());
            let step = Step::Digest { session: session.clone(), part: self.plan.part(index), ticket };
            self.queues.undigested.remove(index);
            let task = Task { origin: None, ..self.task(Purpose::Digest(index)) };
            self.run(now.instant, origins, step, task);
        }
    }

    /// Parts whose digest is being made.
    pub(super) fn being_digested(&self) -> usize {
        self.count(|purpose| matches!(purpose, Purpose::Digest(_)))
    }

    /// A digest is made, or cannot be.
    pub(super) fn digested(&mut self, now: Now, origins: &mut Origins, index: u32, outcome: Result<Reply<K>, Failed>) {
        let failed = match outcome {
            Ok(Reply::Digested(digest)) => {
                self.parts[index as usize].digest = Some(digest);
                return self.requeue(index);
            }
            Ok(_) => Failed::new(Failure::Nonsense, "the answer was taken for another step's".into()),
            Err(failed) => failed,
        };
        let error = self.part_error(index, &failed);
        self.fail(now, origins, error);
    }

    /// The service does not take what goes with a part: from now on all go without it, with URLs that are signed so.
    pub(super) fn go_without_digests(&mut self, origins: &mut Origins, why: String) {
        if std::mem::replace(&mut self.rules.digests, Digests::Never) == Digests::Never {
            return;
        }
        self.emit(Event::Unchecked(why));
        self.recall_those(origins, |purpose| matches!(purpose, Purpose::Digest(_) | Purpose::Prepare(_)));
        for queue in
            [&mut self.queues.ready, &mut self.queues.unsigned, &mut self.queues.undigested, &mut self.queues.preparing]
        {
            queue.clear();
        }
        for index in 0..self.plan.parts() {
            let part = &mut self.parts[index as usize];
            (part.pass, part.digest) = (None, None);
            if matches!(part.standing, Standing::Queued) {
                self.requeue(index);
            }
        }
    }

    /// A part was found damaged. Whether its bytes were or its digest is not known: neither that nor what was signed with it
    /// is used again. Where all parts go again, no digest is: the file may be another one by now.
    pub(super) fn distrust(&mut self, index: u32) {
        if self.rules.numbers() == Numbers::Once {
            self.parts.iter_mut().for_each(|part| part.digest = None);
        }
        let part = &mut self.parts[index as usize];
        if part.digest.take().is_some() {
            part.pass = None;
        }
    }
}
