//! Taking an earlier session up: the service says what it holds, page by page.

use super::super::errand::Errand;
use super::super::part::Standing;
use super::super::part_set::PartSet;
use super::super::{Change, Error, ErrorCode, Failed, Failure, Instant, Now, Origins, Output, Reply, Step, StoredPart};
use super::closing::Ask;
use super::doubting::{doubted, gone_before};
use super::{Phase, Upload};
use std::rc::Rc;

/// A session that is taken up.
#[derive(Clone, Debug)]
pub(super) struct Inspecting<K> {
    pub(super) session: K,
    pub(super) errand: Errand,
    /// The page that is asked for.
    page: Option<K>,
    /// Receipts that were in hand before, by part, and those of them that turned out to be of no use.
    remembered: Rc<[Option<K>]>,
    useless: PartSet,
    /// Whether it was being completed when it was let go.
    pub(super) was_closing: bool,
}

impl<K: Clone> Inspecting<K> {
    pub(super) fn new(session: K, receipts: Vec<(u32, K)>, was_closing: bool, parts: u32) -> Self {
        let mut remembered = Vec::new();
        for _ in 0..parts {
            remembered.push(None);
        }
        for (index, receipt) in receipts {
            // A part that was sent again is known by its last receipt.
            if let Some(slot) = remembered.get_mut(index as usize) {
                *slot = Some(receipt);
            }
        }
        let (errand, useless) = (Errand::default(), PartSet::default());
        Self { session, errand, page: None, remembered: remembered.into(), useless, was_closing }
    }

    pub(super) fn step(&self) -> Step<K> {
        let (session, page, remembered) = (self.session.clone(), self.page.clone(), Rc::clone(&self.remembered));
        Step::Inspect { session, page, remembered }
    }

    /// The receipts that were in hand before and still count.
    fn receipts(&self) -> Vec<(u32, K)> {
        let mut receipts = Vec::new();
        for (index, known) in (0..).zip(self.remembered.iter()) {
            if let Some(receipt) = known
                && !self.useless.contains(index)
            {
                receipts.push((index, receipt.clone()));
            }
        }
        receipts
    }
}

impl<K: Clone> Upload<K> {
    /// Goes on from what is remembered, since nobody can say better.
    pub(super) fn trust(&mut self, now: Instant, inspecting: Inspecting<K>) -> Phase<K> {
        for (index, receipt) in inspecting.receipts() {
            self.adopt(index, receipt);
            self.settle_later(now, index);
        }
        if inspecting.was_closing && self.stored == self.plan.parts() {
            return Phase::Closing(self.closing_again(inspecting.session));
        }
        self.go_on(now, inspecting.session)
    }

    /// The service has said what it holds of a session that is taken up, or that it holds none.
    pub(super) fn inspected(
        &mut self,
        now: Now,
        origins: &mut Origins,
        mut inspecting: Box<Inspecting<K>>,
        outcome: Result<Reply<K>, Failed>,
        outage: bool,
    ) {
        const SUBJECT: &str = "listing the stored parts";
        match outcome {
            Ok(Reply::Listed { parts, next }) => {
                for part in parts {
                    self.take_listed(part, &mut inspecting);
                }
                self.sample(now.instant);
                self.phase = match next {
                    Some(_) => {
                        (inspecting.page, inspecting.errand) = (next, Errand::default());
                        Phase::Inspecting(inspecting)
                    }
                    // What it was not told of yet it does not list, and is told of now.
                    None if self.rules.settling().is_some() => self.trust(now.instant, *inspecting),
                    None => self.go_on(now.instant, inspecting.session),
                };
                self.close_if_whole();
            }
            // All of it arrived before it was let go, and only the answer was lost.
            Ok(Reply::Closed(answer)) if self.rules.settling().is_some() => {
                for (index, receipt) in inspecting.receipts() {
                    self.adopt(index, receipt);
                }
                if self.stored < self.plan.parts() {
                    // It would say so at every visit to come.
                    self.outputs.push(Output::Save(Change::Closed));
                    self.may_be_completed = true;
                    self.phase = Phase::Failed(Some(inspecting.session));
                    let words = "the service says that it is complete, and not all of its receipts are in hand: check whether it is stored before you upload again";
                    return self.fail(now, origins, Error::new(ErrorCode::Unproven, format!("{SUBJECT}: {words}")));
                }
                let closing = self.closing(inspecting.session, Ask::Watch, None);
                self.succeed(now, *closing, answer);
            }
            Ok(Reply::Unknown) => self.nothing_left(now, origins, *inspecting, "the service has forgotten the upload"),
            // What was remembered would be refused at every visit to come.
            Err(failed) if matches!(failed.failure, Failure::Gone | Failure::Rejected) => {
                self.nothing_left(now, origins, *inspecting, &format!("{SUBJECT}: {}", failed.words));
            }
            Ok(_) => self.misunderstood(now, origins, SUBJECT),
            Err(failed) => {
                let verdict = self.judge(now, &mut inspecting.errand, &failed, outage, SUBJECT);
                let is_vague = failed.failure == Failure::Vague;
                match verdict {
                    // It would say so at every visit to come.
                    Err(error) if is_vague && inspecting.was_closing => {
                        self.nothing_left(now, origins, *inspecting, &error.message);
                    }
                    Err(error) if is_vague => self.phase = self.begin_beside(&error.message),
                    verdict => {
                        let was_closing = inspecting.was_closing;
                        if matches!(failed.failure, Failure::Failed | Failure::Corrupt) {
                            self.outputs.push(Output::Save(Change::Closed));
                        }
                        self.phase = Phase::Inspecting(inspecting);
                        if let Err(error) = verdict {
                            let error = if was_closing { doubted(&gone_before(), error) } else { error };
                            self.fail(now, origins, error);
                        }
                    }
                }
            }
        }
    }

    /// Begins anew, beside a session of which the service tells nothing. It may be in trouble itself: what is written down
    /// of that session is kept until there is another one.
    fn begin_beside(&mut self, why: &str) -> Phase<K> {
        self.note_left("the service did not say what an earlier visit has stored, which may be left there");
        self.forget_stored(format!("{why}; it begins anew"));
        Phase::Opening(Errand::default())
    }

    /// The service has nothing of the session that is taken up, or nothing that it would tell.
    fn nothing_left(&mut self, now: Now, origins: &mut Origins, inspecting: Inspecting<K>, why: &str) {
        if !inspecting.was_closing {
            self.forget_session(format!("{why}; it begins anew"));
            self.phase = Phase::Opening(Errand::default());
            return;
        }
        // Either it was completed, or it is forgotten.
        self.phase = self.trust(now.instant, inspecting);
        match &mut self.phase {
            Phase::Closing(closing) => closing.lists_nothing(),
            _ => self.unproven_before(now, origins),
        }
    }

    /// The server is the truth: a part that it does not list, or lists with another size, is sent again. Where it wants
    /// to be told of parts, it lists those that it was told of: what is remembered counts, but for parts that failed there.
    fn take_listed(&mut self, part: StoredPart<K>, inspecting: &mut Inspecting<K>) {
        let index = part.index;
        let Some(known) = inspecting.remembered.get(index as usize) else { return };
        let is_whole = part.size.is_none_or(|size| size == self.plan.part(index).size());
        // Pages may overlap.
        let is_new = !matches!(self.parts[index as usize].standing, Standing::Stored(_));
        if self.rules.settling().is_some() {
            if !is_whole {
                inspecting.useless.insert(index);
            }
        } else if is_whole && is_new {
            if known.is_none() {
                self.outputs.push(Output::Save(Change::Stored { index, receipt: part.receipt.clone() }));
            }
            self.adopt(index, part.receipt);
        }
    }
}
