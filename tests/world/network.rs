//! The simulated network: connections per origin, latency, rates, and what a browser sees of a body on its way.

use super::request::{End, Request, Stage};
use super::words::{Ask, Said};
use super::{Asked, Cancels, How, Outcome, Service, Story, World, no_answer};
use std::collections::BTreeSet;
use upslice::core::{Carrier, Failed, Failure, Input, Numbers, Origin, Preparing, Step, TaskId, UploadId, Wall};

impl<S: Service> World<S> {
    pub(super) fn begin(&mut self, upload: UploadId, task: TaskId, step: Step<S::Gift>, asked: Asked) {
        let size = self.life(upload).plan.size();
        let Asked { to: origin, ask, is_api } = asked;
        let number = match &ask {
            Ask::Put { session, number, serial, .. } => {
                let is_new = self.tried.insert((session.clone(), *number));
                let once = self.service.rules().numbers == Numbers::Once;
                assert!(is_new || !once, "number {number} was used twice");
                let each = self.service.rules().preparing == Preparing::Each;
                let is_fresh = serial.is_none_or(|serial| self.used.insert(serial));
                assert!(is_fresh || !each, "a ticket for one attempt was used twice");
                Some(*number)
            }
            _ => None,
        };
        let how = self.fault_for(step.role(), number, origin.is_none());
        if let Some(how) = how {
            Story::add(|| format!("{}    {upload:?} {task:?} will go wrong: {how:?}", self.now));
        }
        *self.store.asked.entry(step.role()).or_default() += 1;
        let (body, carrier) = match &step {
            Step::Send { part, carrier, .. } => (part.size(), *carrier),
            _ => (0, Carrier::Fetch),
        };
        let stage = match how {
            Some(How::Fail(fails)) => {
                let failed = Failed::new(fails.failure(), "it failed on the spot".into());
                Stage::Ending(self.now + 1, Box::new(End::Failed(failed)))
            }
            _ if origin.is_none() => Stage::Opening(self.now + self.line.function),
            _ => Stage::Queued,
        };
        let (head_at, lane, sent, told, cancelled) = (self.now, 0, 0.0, 0, false);
        self.requests.push(Request {
            upload,
            task,
            origin,
            step,
            ask,
            is_api,
            size,
            began: self.now,
            how,
            body,
            carrier,
            stage,
            lane,
            sent,
            told,
            head_at,
            cancelled,
        });
        self.connect();
    }

    /// What a page has under way ends with it.
    pub(super) fn forget_requests(&mut self, upload: UploadId) {
        self.requests.retain(|request| request.upload != upload);
        self.connect();
    }

    /// Gives free connections to those that wait, in their order.
    fn connect(&mut self) {
        for at in 0..self.requests.len() {
            if !matches!(self.requests[at].stage, Stage::Queued) {
                continue;
            }
            let origin = self.requests[at].origin.as_ref();
            let busy = self
                .requests
                .iter()
                .filter(|request| request.origin.as_ref() == origin && !matches!(request.stage, Stage::Queued));
            let busy: BTreeSet<usize> = busy.map(|request| request.lane).collect();
            let Some(lane) = (0..self.line.connections).find(|lane| !busy.contains(lane)) else { continue };
            self.requests[at].lane = lane;
            let is_forbidden =
                self.store.forbids_digests && matches!(self.requests[at].ask, Ask::Put { digest: Some(_), .. });
            if self.now < self.offline_until {
                self.lose(at);
            } else if is_forbidden {
                let back = self.now + 2 * self.line.latency;
                self.requests[at].stage = Stage::Ending(back, Box::new(End::Failed(no_answer())));
            } else {
                self.requests[at].stage = Stage::Opening(self.now + self.line.latency);
            }
        }
    }

    fn lose(&mut self, at: usize) {
        if self.line.swallows {
            self.hang(at);
        } else {
            self.requests[at].stage = Stage::Ending(self.now + 3, Box::new(End::Failed(no_answer())));
        }
    }

    /// What is on its way is lost.
    pub(super) fn cut_all(&mut self) {
        for at in 0..self.requests.len() {
            let request = &self.requests[at];
            if request.origin.is_some() && !matches!(request.stage, Stage::Queued) {
                self.lose(at);
            }
        }
    }

    pub(super) fn cancel(&mut self, upload: UploadId, task: TaskId) {
        let at = self.requests.iter().position(|request| request.upload == upload && request.task == task);
        let at = at.expect("what runs has a request");
        let late = match &mut self.cancels {
            Cancels::Promptly => Some(0),
            Cancels::Late(millis) => Some(*millis),
            Cancels::Never => None,
            Cancels::Any(dice) => match dice.below(4) {
                0 | 1 => Some(0),
                2 => Some(dice.below(3_000)),
                _ => None,
            },
        };
        self.requests[at].cancelled = true;
        // Where connections differ, a body that is cut would arrive after the one that took its place. Of one that is cut
        // nothing arrives: a request with half a body is none.
        let request = &mut self.requests[at];
        let was_sent_twice =
            matches!(request.step, Step::Send { part, .. } if self.lives[&upload].hedged.contains(&part.index));
        let is_on_its_way = matches!(request.stage, Stage::Queued | Stage::Opening(_) | Stage::Sending);
        if is_on_its_way && request.body > 0 && (was_sent_twice || self.line.slow.is_some()) {
            request.how = Some(How::Drop(request.sent / request.body as f64));
        }
        match (late, &self.requests[at].stage) {
            (None, Stage::Hung) => self.end_cancelled(at, 500),
            (None, _) => {}
            (Some(late), _) => self.end_cancelled(at, late),
        }
    }

    fn end_cancelled(&mut self, at: usize, late: u64) {
        let request = self.requests.remove(at);
        self.letters.push((self.now + late, request.upload, request.task, Err(no_answer())));
        self.connect();
    }

    /// Bytes a millisecond of the body on its way on a connection.
    fn rate(&self) -> impl Fn(usize) -> f64 + use<S> {
        let moving = self.requests.iter().filter(|request| matches!(request.stage, Stage::Sending)).count();
        let (each, share) = (self.line.per_connection, self.line.total / moving.max(1) as f64);
        let (slow, factor) = (self.line.slow, self.line.factor);
        move |lane| factor * each.min(share) * slow.filter(|(slow, _)| *slow == lane).map_or(1.0, |(_, factor)| factor)
    }

    /// Moves bytes until then.
    pub(super) fn flow(&mut self, until: u64) {
        let (rate, time) = (self.rate(), until.saturating_sub(self.line.flowed) as f64);
        for request in self.requests.iter_mut().filter(|request| matches!(request.stage, Stage::Sending)) {
            request.sent = (request.sent + time * rate(request.lane)).min(request.stop());
        }
        self.line.flowed = self.line.flowed.max(until);
    }

    /// Which request has something happen next, and when.
    pub(super) fn next_of_requests(&self) -> Option<(u64, usize)> {
        let rate = self.rate();
        let next = |(at, request): (usize, &Request<S::Gift>)| match &request.stage {
            Stage::Queued | Stage::Hung => None,
            Stage::Opening(until) | Stage::Ending(until, _) => Some((*until, at)),
            Stage::Sending => {
                let next = request.tells_at(self.line.socket).unwrap_or(f64::MAX).min(request.stop());
                Some((self.line.flowed + ((next - request.sent).max(0.0) / rate(request.lane)).ceil() as u64, at))
            }
        };
        self.requests.iter().enumerate().filter_map(next).min()
    }

    /// Something happens to a request.
    pub(super) fn turn_request(&mut self, at: usize) {
        let now = self.now;
        let request = &mut self.requests[at];
        match &request.stage {
            Stage::Queued | Stage::Hung => {}
            Stage::Opening(_) => {
                request.head_at = now;
                request.stage = Stage::Sending;
                self.turn_away(at);
            }
            Stage::Sending => {
                let seen = request.tells_at(self.line.socket).is_some_and(|tells| request.sent + 1e-6 >= tells);
                if seen {
                    let grain = (64 << 10).max(request.body / 64).min(256 << 10);
                    request.told = (request.told + grain).min(request.body);
                    let (upload, task, bytes) = (request.upload, request.task, request.told);
                    // A cancelled request may go on telling, too.
                    let running = self.life_mut(upload).running.get_mut(&task);
                    running.into_iter().for_each(|running| running.has_moved = true);
                    self.tell(upload, Input::Sent { task, bytes });
                } else if request.sent + 1e-6 >= request.stop() {
                    self.arrive(at);
                }
            }
            Stage::Ending(..) => {
                let request = self.requests.remove(at);
                let Stage::Ending(_, end) = request.stage else { return };
                self.connect();
                let outcome = match *end {
                    End::Failed(failed) => Err(failed),
                    End::Said(said) => self.read(&request.step, request.size, said),
                };
                self.finish(request.upload, request.task, outcome);
            }
        }
    }

    /// A store that is busy with as many parts as it bears asks the next one for patience, before it reads it.
    fn turn_away(&mut self, at: usize) {
        let is_part = |request: &&Request<S::Gift>| request.body > 0 && matches!(request.stage, Stage::Sending);
        let under_way = self.requests.iter().filter(is_part).count();
        if self.requests[at].body > 0 && self.line.crowd.is_some_and(|most| under_way > most) {
            let fault = How::Say(503, self.line.patience);
            if self.line.reads_crowd {
                self.requests[at].how = Some(fault);
                return;
            }
            let end = End::Said(Said::No { status: 503, code: "SlowDown", after: self.line.patience });
            self.requests[at].stage = Stage::Ending(self.now + self.line.latency, Box::new(end));
        }
    }

    fn read(&self, step: &Step<S::Gift>, size: u64, said: Said) -> Outcome<S::Gift> {
        let at = Wall::from_millis(100_000_000 + self.now);
        self.service.read(step, size, said, at)
    }

    /// The last byte that gets through has got through.
    fn arrive(&mut self, at: usize) {
        let request = &self.requests[at];
        let (how, head_at, ask) = (request.how, request.head_at, request.ask.clone());
        let is_function = request.origin.is_none();
        let think = if request.body > 0 { self.line.think } else { 0 };
        let mut back = self.now + if is_function { 1 } else { self.line.latency + think };
        let act = |world: &mut Self| {
            // The store's clock and the page's are both counted from the world's own.
            world.store.act(100_000_000 + world.now, 100_000_000 + head_at, &ask)
        };
        let lost = if is_function { Failed::new(Failure::Callback, "it threw".into()) } else { no_answer() };
        if request.is_api && request.began < self.token_since {
            let end = End::Said(Said::no(401, "TokenExpired"));
            self.requests[at].stage = Stage::Ending(back, Box::new(end));
            return;
        }
        let end = match how {
            Some(How::Drop(_)) => End::Failed(lost),
            Some(How::Stall(_)) => return self.hang(at),
            Some(How::Mute) => {
                act(self);
                return self.hang(at);
            }
            Some(How::Lose) => {
                act(self);
                End::Failed(lost)
            }
            Some(How::Say(status, after)) => End::Said(Said::No { status, code: "Fault", after }),
            Some(How::SayFalsely(status)) => {
                act(self);
                End::Said(Said::No { status, code: "BadGateway", after: None })
            }
            Some(How::Garble) => End::Said(match act(self) {
                // Whatever else a function gives, what its service refuses it throws.
                refused @ Said::No { .. } if is_function => refused,
                _ => Said::Garbage,
            }),
            Some(How::Stale(parts)) => End::Said(match act(self) {
                Said::Listed(mut listed, next) => {
                    // Where an empty page is the last one, those behind it are left out, too.
                    let paged = matches!(ask, Ask::Page { .. });
                    self.staled += if paged { usize::from(u16::MAX) } else { listed.len().min(parts) };
                    listed.truncate(listed.len().saturating_sub(parts));
                    Said::Listed(listed, next)
                }
                said => said,
            }),
            Some(How::Hold(millis)) => {
                back += millis;
                End::Said(act(self))
            }
            Some(How::Fail(_)) | None => End::Said(act(self)),
        };
        self.requests[at].stage = Stage::Ending(back, Box::new(end));
    }

    /// Nothing will come of it, unless it has been cancelled: that ends everything sooner or later.
    fn hang(&mut self, at: usize) {
        let request = &mut self.requests[at];
        request.stage = match request.cancelled {
            true => Stage::Ending(self.now + 500, Box::new(End::Failed(no_answer()))),
            false => Stage::Hung,
        };
    }
}
