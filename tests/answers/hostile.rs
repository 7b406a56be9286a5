//! An upload that is answered whatever a test thinks up.

use crate::file;
use upslice::core::{
    Change, Config, Dice, Event, Input, Instant, Ledger, Limits, Now, Output, Page, Rules, Sizes, Step, TaskId, Upload,
    UploadId, Wall,
};
use upslice::protocol::{Adapter, Answer, Call, Json, Response};

/// An upload whose service says anything at all. Its end is bounded, whatever that is.
pub(crate) struct Hostile<'a> {
    adapter: &'a dyn Adapter,
    page: Page<Json>,
    pub(crate) now: u64,
    running: Vec<(TaskId, Step<Json>)>,
    ended: u32,
    pub(crate) exchanges: usize,
    pub(crate) changes: usize,
}

impl<'a> Hostile<'a> {
    pub(crate) fn new(
        adapter: &'a dyn Adapter,
        ledger: Ledger<Json>,
        size: u64,
        seed: u64,
    ) -> Option<(Self, UploadId)> {
        let rules = adapter.rules();
        let rules = Rules { limits: Limits { min_part_size: 1, ..rules.limits }, ..rules };
        let part_size = (rules.sizes == Sizes::Ours).then_some(1024);
        let config = Config { part_size, ..Config::default() };
        let upload = Upload::new(config, rules, size, ledger, Dice::seeded(seed)).ok()?;
        let mut page = Page::default();
        let id = page.add(upload);
        let (running, now) = (Vec::new(), 1_000);
        Some((Self { adapter, page, now, running, ended: 0, exchanges: 0, changes: 0 }, id))
    }

    fn now(&self) -> Now {
        Now { instant: Instant::from_millis(self.now), wall: Wall::from_millis(self.now) }
    }

    fn drain(&mut self) {
        while let Some((_, output)) = self.page.poll() {
            match output {
                Output::Run { task, step } => self.running.push((task, step)),
                Output::Cancel { task } => self.running.retain(|(running, _)| *running != task),
                Output::Save(change) => self.changes += usize::from(matches!(change, Change::Stored { .. })),
                Output::Emit(Event::Success { .. } | Event::Failure(_)) => self.ended += 1,
                Output::Emit(_) => {}
            }
        }
        assert!(self.page.wake_at().is_none_or(|at| at.millis() > self.now), "the wake time does not advance");
    }

    /// Lives until it ends, or the answers do; then nothing is answered any more.
    pub(crate) fn live(&mut self, id: UploadId, answers: &[Response]) {
        self.page.handle(self.now(), id, Input::Start);
        self.drain();
        for answer in answers {
            if self.running.is_empty() {
                break;
            }
            let (task, step) = self.running.remove(0);
            self.exchanges += 1;
            self.now += 10;
            let value = answer.json.clone().unwrap_or_default();
            let outcome = self.adapter.call(&step, &file()).and_then(|call| {
                let answer = match call {
                    Call::Http(request) => Answer::Http { request: request.into(), response: answer.clone() },
                    Call::Function(function) => Answer::Value { of: function.name, value },
                    Call::Digest(..) => Answer::Digest(answer.text.clone()),
                    Call::Combine(sums) => panic!("{sums:?} of nothing"),
                };
                self.adapter.reply(&step, &answer)
            });
            self.page.handle(self.now(), id, Input::Finished { task, outcome });
            self.drain();
        }
        self.page.handle(self.now(), id, Input::Abort);
        self.drain();
        for _ in 0..1_000 {
            let Some(at) = self.page.wake_at() else { break };
            self.now = at.millis();
            self.page.tick(self.now());
            self.drain();
        }
        assert_eq!(self.ended, 1, "it has {} endings", self.ended);
        assert!(self.page.wake_at().is_none(), "it goes on for ever");
    }
}
