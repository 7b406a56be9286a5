//! Drives the page as the real driver must: tell it what happened, drain what it wants, do that, sleep until it wants to
//! be woken; and holds what it says and does to the rules.

use super::{Ending, Outcome, Service, Story, World};
use std::collections::BTreeMap;
use std::time::Duration;
use upslice::core::{Change, Event, Input, Instant, Origin, Output, Reply, Step, TaskId, UploadId};

impl<S: Service> World<S> {
    fn tick(&mut self) {
        self.ticks += 1;
        self.wakes.push_back(self.now);
        while self.wakes.front().is_some_and(|at| at + 1_000 <= self.now) {
            self.wakes.pop_front();
        }
        let bound = 40 * self.lives.len() + 60;
        assert!(self.wakes.len() <= bound, "{} wakes in a second: a busy loop", self.wakes.len());
        self.page.tick(self.moment());
        self.drain();
    }

    pub(crate) fn drain(&mut self) {
        let outputs: Vec<_> = std::iter::from_fn(|| self.page.poll()).collect();
        for (id, output) in outputs {
            if !matches!(output, Output::Emit(Event::Progress(_))) {
                Story::add(|| format!("{}    {id:?} says {output:?}", self.now));
            }
            let (now, size) = (self.now, self.life(id).plan.size());
            let asked = match &output {
                Output::Run { step, .. } => Some(self.service.ask(step, size)),
                _ => None,
            };
            if let Output::Save(change) = &output {
                let (remembered, name) = match change {
                    Change::Opened { session, .. } => {
                        (self.service.remember(session), Some(self.service.name(session)))
                    }
                    _ => (None, None),
                };
                let life = self.life_mut(id);
                life.sessions.extend(name.clone());
                life.session = name.or(life.session.take());
                life.journal.note(now, change, remembered);
            }
            let life = self.life_mut(id);
            if matches!(output, Output::Run { step: Step::Settle { .. } | Step::Close { .. }, .. }) {
                life.journal.flush();
            }
            life.watch(now, &output, asked.as_ref().and_then(|asked| asked.to.clone()));
            match output {
                Output::Run { task, step } => {
                    if let Some(asked) = asked {
                        self.begin(id, task, step, asked);
                    }
                }
                Output::Cancel { task } => self.cancel(id, task),
                Output::Save(_) => {}
                Output::Emit(Event::Success { .. }) => self.check_object(id),
                Output::Emit(_) => {}
            }
        }
        self.check_budget();
        if let Some(at) = self.page.wake_at() {
            assert!(at.millis() > self.now, "the wake time does not advance");
        }
        let now = Instant::from_millis(self.now);
        for (id, life) in self.lives.iter_mut().filter(|(_, life)| life.ending.is_none()) {
            if let Some(progress) = self.page.progress(*id, now) {
                life.moved(&progress);
            }
        }
    }

    fn check_budget(&self) {
        let mut in_flight: BTreeMap<&Origin, usize> = BTreeMap::new();
        for running in self.lives.values().flat_map(|life| life.running.values()).filter(|run| run.part.is_some()) {
            *in_flight.entry(running.origin.as_ref().unwrap()).or_default() += 1;
        }
        for (origin, count) in in_flight {
            assert!(count <= self.most_in_flight, "{count} parts in flight to {origin}");
            assert_eq!(count, self.page.origins().in_flight(origin) as usize, "the budget has lost count");
        }
    }

    /// What was called a success must be one: every byte, in its place.
    fn check_object(&self, id: UploadId) {
        let life = self.life(id);
        let Some(Ending::Stored { session, receipts, .. }) = &life.ending else { panic!("no success") };
        assert_eq!(receipts.len(), life.plan.parts() as usize);
        let session = self.service.name(session);
        let pieces = self.store.object(&session).unwrap_or_else(|| panic!("no object behind the success of {session}"));
        let end = pieces.iter().fold(0, |at, (start, size)| {
            assert_eq!(at, *start, "a part lies in another one's place");
            at + size
        });
        assert_eq!(end, life.plan.size(), "the object is not whole");
    }

    /// A finished task, told to the page.
    pub(super) fn finish(&mut self, id: UploadId, task: TaskId, outcome: Outcome<S::Gift>) {
        let running = self.life_mut(id).running.remove(&task);
        if let (Some(_), Ok(Reply::Opened { session, .. })) = (&running, &outcome) {
            let session = self.service.name(session);
            self.store.session(&session).told = true;
        }
        if running.as_ref().is_some_and(|running| running.part.is_some()) && outcome.is_err() {
            self.life_mut(id).failed_sends += 1;
        }
        let is_heard = outcome.as_ref().map_or_else(|failed| failed.status.is_some(), |_| true);
        if running.as_ref().is_some_and(|running| running.is_checked) && is_heard {
            self.life_mut(id).heard_checked = true;
        }
        if running.as_ref().is_some_and(|running| running.is_probe) && outcome.is_ok() {
            self.life_mut(id).probes += 1;
        }
        let now = self.now;
        if let Some(dice) = self.echoes.as_mut().filter(|_| running.is_some())
            && dice.below(8) == 0
        {
            self.letters.push((now + dice.below(4_000), id, task, outcome.clone()));
        }
        self.tell(id, Input::Finished { task, outcome });
    }

    /// Lets time pass until nothing is left to happen. A page that hangs is found here.
    pub(crate) fn run(&mut self) {
        while self.step(u64::MAX) {}
        for (id, life) in &self.lives {
            assert!(
                life.ending.is_some() || life.paused || life.gone,
                "{id:?} hangs: {:?}, {:?}",
                life.state,
                life.running
            );
        }
    }

    /// Lets so much time pass.
    pub(crate) fn run_for(&mut self, duration: Duration) {
        self.run_to(self.now + u64::try_from(duration.as_millis()).unwrap());
    }

    pub(crate) fn run_to(&mut self, until: u64) {
        while self.step(until) {}
        self.flow(until);
        self.now = self.now.max(until);
    }

    /// Lets time pass until something is so; it must become so.
    pub(crate) fn run_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            assert!(self.step(u64::MAX), "it never came to that");
        }
    }

    /// The machine sleeps: nothing moves, no timer fires, both clocks go on.
    pub(crate) fn sleep(&mut self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap();
        self.now += millis;
        self.line.flowed = self.now;
        self.requests.iter_mut().for_each(|request| request.shift(millis));
        self.letters.iter_mut().for_each(|(at, ..)| *at += millis);
    }

    /// Does the next thing that is due not later than `limit`.
    pub(crate) fn step(&mut self, limit: u64) -> bool {
        let request = self.next_of_requests();
        let letter = self.letters.iter().map(|(at, ..)| *at).min();
        let wake = self.page.wake_at().map(|at| (at.millis() + self.lateness).max(self.now + 1));
        let Some(next) = [request.map(|(at, _)| at), letter, wake].into_iter().flatten().min() else { return false };
        let weather = self.line.weather.front().copied().filter(|(at, _)| *at <= next.min(limit));
        if let Some((at, factor)) = weather {
            self.flow(at);
            self.now = at.max(self.now);
            self.line.factor = factor;
            self.line.weather.pop_front();
            return true;
        }
        if next > limit {
            return false;
        }
        assert!(next < 400 * 86_400_000, "more than a year has passed");
        self.flow(next);
        self.now = next.max(self.now);
        if letter.is_some_and(|at| at <= self.now) {
            let at = self.letters.iter().position(|(at, ..)| *at <= self.now).unwrap();
            let (_, id, task, outcome) = self.letters.remove(at);
            self.finish(id, task, outcome);
        } else if let Some((_, at)) = request.filter(|(at, _)| *at <= self.now) {
            self.turn_request(at);
        } else {
            self.tick();
        }
        true
    }
}
