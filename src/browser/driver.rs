//! The loop: tell, drain, act. There is one driver in a page, since the uploads of a page share its connections.

use super::app::App;
use super::clock;
use super::journal::{Journal, note};
use super::network::Online;
use super::pool::Pool;
use super::source::Source;
use super::step::carry_out;
use super::timer::Timer;
use crate::core::{
    Config, Dice, Event, Failed, Failure, Few, Input, Instant, Ledger, Output, Page, PlanError, Progress, State, Step,
    TaskId, Upload, UploadId,
};
use crate::protocol::{Adapter, File, Json};
use futures_util::future::{AbortHandle, Abortable};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// Whoever is told what happens.
pub(crate) type Listener = Box<dyn Fn(&Live, Event<Json>)>;

/// What one upload needs beside its machine.
pub(crate) struct Live {
    pub(crate) adapter: Box<dyn Adapter>,
    pub(crate) file: File,
    pub(crate) source: Source,
    pub(crate) app: App,
    /// Tells the app. It may run any code, that of ours included.
    pub(crate) listener: Listener,
    pub(crate) ledger: RefCell<Ledger<Json>>,
    /// What writes it to disk, if anything does.
    pub(crate) journal: RefCell<Option<Journal>>,
    /// Workers that encode and digest its parts, once they can be had.
    pub(crate) pool: RefCell<Option<Pool>>,
    #[cfg(feature = "services")]
    pub(crate) encoding: super::permit::Permits,
}

/// An upload in hand. Dropping it throws the upload away.
pub(crate) struct Handle {
    driver: Rc<Driver>,
    id: UploadId,
    config: Config,
}

/// The one driver.
pub(crate) struct Driver {
    page: RefCell<Page<Json>>,
    lives: RefCell<Few<UploadId, Rc<Live>>>,
    running: RefCell<Few<(UploadId, TaskId), AbortHandle>>,
    /// Whether outputs are being acted on: what an act leads to is acted on after it.
    draining: Cell<bool>,
    timer: RefCell<Option<Rc<Timer>>>,
    armed: Cell<Option<Instant>>,
    online: RefCell<Option<Online>>,
}

thread_local! {
    static DRIVER: Rc<Driver> = Rc::new(Driver {
        page: RefCell::default(),
        lives: RefCell::default(),
        running: RefCell::default(),
        draining: Cell::default(),
        timer: RefCell::default(),
        armed: Cell::default(),
        online: RefCell::default(),
    });
}

/// Dice that no other upload has.
pub(super) fn dice() -> Dice {
    // Any bits will do.
    Dice::seeded((js_sys::Math::random() * 2f64.powi(53)) as u64)
}

impl Handle {
    /// Takes an upload in. Nothing happens before [`Self::tell`] is told [`Input::Start`].
    pub(crate) fn new(config: Config, live: Live) -> Result<Self, PlanError> {
        let driver = DRIVER.with(Rc::clone);
        let ledger = live.ledger.borrow().clone();
        let size = live.source.size();
        let upload = Upload::new(config, live.adapter.rules(), size, ledger, dice())?;
        let id = driver.page.borrow_mut().add(upload);
        driver.lives.borrow_mut().insert(id, Rc::new(live));
        driver.listen();
        Ok(Self { driver, id, config })
    }

    /// How long a function of the app may take.
    pub(crate) fn patience(&self) -> Duration {
        self.config.timeouts.function.unwrap_or(Duration::MAX)
    }

    /// The upload's other half, unless it is over.
    pub(crate) fn live(&self) -> Option<Rc<Live>> {
        self.driver.live(self.id)
    }

    /// Goes on from what is remembered, if nothing has begun yet. Says whether that is so.
    pub(crate) fn restore(&self, ledger: Ledger<Json>) -> bool {
        let Some(live) = self.live() else { return false };
        let config = Config { part_size: None, ..self.config };
        let Ok(upload) = Upload::new(config, live.adapter.rules(), live.source.size(), ledger.clone(), dice()) else {
            return false;
        };
        *live.ledger.borrow_mut() = ledger;
        self.driver.page.borrow_mut().replace(self.id, upload);
        true
    }

    /// Something happened, or was asked.
    pub(crate) fn tell(&self, input: Input<Json>) {
        self.driver.tell(self.id, input);
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let now = clock::now().instant;
        self.driver.page.borrow().progress(self.id, now)
    }

    /// Where it stands.
    pub(crate) fn state(&self) -> Option<State> {
        self.driver.page.borrow().state(self.id)
    }

    /// What a later upload of the same file may go on from.
    pub(crate) fn ledger(&self) -> Ledger<Json> {
        let lives = self.driver.lives.borrow();
        lives.get(self.id).map(|live| live.ledger.borrow().clone()).unwrap_or_default()
    }

    /// What functions of the app gave that only it understands.
    pub(crate) fn kept(&self) -> Option<Rc<RefCell<Vec<JsValue>>>> {
        self.driver.live(self.id).map(|live| Rc::clone(&live.app.kept))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let now = clock::now();
        self.driver.page.borrow_mut().remove(now, self.id);
        self.driver.drain();
        self.driver.forget(self.id);
    }
}

impl Driver {
    fn tell(self: &Rc<Self>, id: UploadId, input: Input<Json>) {
        let now = clock::now();
        self.page.borrow_mut().handle(now, id, input);
        self.drain();
    }

    /// Acts on what the page wants. Outputs are taken one by one, so that whatever an act leads to (a listener of the
    /// app that calls `pause`, say) finds the page free; and one after the other, so that all listeners hear the same
    /// order.
    fn drain(self: &Rc<Self>) {
        if self.draining.replace(true) {
            return;
        }
        loop {
            let Some((id, output)) = self.page.borrow_mut().poll() else { break };
            self.perform(id, output);
        }
        self.draining.set(false);
        self.arm();
    }

    fn perform(self: &Rc<Self>, id: UploadId, output: Output<Json>) {
        match output {
            Output::Run { task, step } => self.run(id, task, step),
            Output::Cancel { task } => {
                let running = self.running.borrow().get((id, task)).cloned();
                if let Some(running) = running {
                    running.abort();
                }
            }
            Output::Save(change) => {
                if let Some(live) = self.live(id) {
                    let journal = live.journal.borrow().clone();
                    if let Some(journal) = journal {
                        note(&journal, live.adapter.as_ref(), &live.app, &change);
                    }
                    live.ledger.borrow_mut().apply(change);
                }
            }
            Output::Emit(event) => {
                let is_over = matches!(event, Event::Over { .. });
                if let Some(live) = self.live(id) {
                    (live.listener)(&live, event);
                }
                if is_over {
                    self.forget(id);
                }
            }
        }
    }

    fn live(&self, id: UploadId) -> Option<Rc<Live>> {
        self.lives.borrow().get(id).cloned()
    }

    /// Carries out a step beside everything else. Whatever becomes of it, its end is told.
    fn run(self: &Rc<Self>, id: UploadId, task: TaskId, step: Step<Json>) {
        let Some(live) = self.live(id) else { return };
        let driver = Rc::clone(self);
        let sent = Rc::downgrade(self);
        let on_sent = move |bytes| {
            if let Some(driver) = sent.upgrade() {
                driver.tell(id, Input::Sent { task, bytes });
            }
        };
        let (handle, registration) = AbortHandle::new_pair();
        self.running.borrow_mut().insert((id, task), handle);
        spawn_local(async move {
            // What a cancelled step held of the browser ends with its future, which is dropped here.
            let ended = Abortable::new(carry_out(&live, &step, Box::new(on_sent)), registration).await;
            driver.running.borrow_mut().remove((id, task));
            let cancelled = || Failed::new(Failure::NoAnswer, "it was called back".into());
            let outcome = ended.unwrap_or_else(|_| Err(cancelled()));
            driver.tell(id, Input::Finished { task, outcome });
        });
    }

    /// Nothing more comes of an upload: what it held is let go.
    fn forget(self: &Rc<Self>, id: UploadId) {
        let now = clock::now();
        self.page.borrow_mut().remove(now, id);
        let live = self.lives.borrow_mut().remove(id);
        drop(live);
        if self.lives.borrow().is_empty() {
            let online = self.online.take();
            drop(online);
        }
        self.arm();
    }

    /// Sets the timer to when the page wants to be woken.
    fn arm(self: &Rc<Self>) {
        let wake = self.page.borrow().wake_at();
        if wake == self.armed.replace(wake) {
            return;
        }
        // The page's own timers may call anything: nothing is borrowed while they are set.
        let timer = Rc::clone(self.timer.borrow_mut().get_or_insert_with(|| Rc::new(self.timer())));
        match wake {
            None => timer.clear(),
            // Waking early is harmless: nothing is due yet, and the timer is set again.
            Some(wake) => timer.set(wake.since(clock::now().instant)),
        }
    }

    fn timer(self: &Rc<Self>) -> Timer {
        let driver = Rc::downgrade(self);
        Timer::new(move || {
            if let Some(driver) = driver.upgrade() {
                driver.armed.set(None);
                let now = clock::now();
                driver.page.borrow_mut().tick(now);
                driver.drain();
            }
        })
    }

    /// Listens for the network's return while there are uploads.
    fn listen(self: &Rc<Self>) {
        if self.online.borrow().is_some() {
            return;
        }
        let driver = Rc::downgrade(self);
        let online = Online::listen(move || {
            let Some(driver) = driver.upgrade() else { return };
            let first = driver.lives.borrow().keys().next();
            if let Some(id) = first {
                driver.tell(id, Input::Online);
            }
        });
        *self.online.borrow_mut() = Some(online);
    }
}
