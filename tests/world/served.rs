//! The real adapters in the world: steps become their requests, a simulated service reads them letter by letter, and
//! what it answers is HTTP, or what a function of the app gives.

use super::store::digest;
use super::tongues::{Spoken, Tongue, store};
use super::words::{Ask, Said};
use super::{Asked, Service};
use std::rc::Rc;
use upslice::core::{Failed, Failure, Limits, Reply, Rules, Step, Wall};
use upslice::protocol::{Adapter, Answer, Call, File, Form, Json, Response, origin};

/// An adapter and the service that it speaks to.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) adapter: Rc<dyn Adapter>,
    pub(crate) tongue: Rc<dyn Tongue>,
    rules: Rules,
}

impl Served {
    pub(crate) fn new(adapter: impl Adapter + 'static, tongue: impl Tongue + 'static) -> Self {
        let rules = adapter.rules();
        // The services have no floor here, so that lives can be short.
        let limits = Limits { min_part_size: 1, ..rules.limits };
        Self { adapter: Rc::new(adapter), tongue: Rc::new(tongue), rules: Rules { limits, ..rules } }
    }

    fn call(&self, step: &Step<Json>, size: u64) -> Call {
        self.adapter.call(step, &file(size)).unwrap_or_else(|failed| panic!("{}: {}", step.role(), failed.words))
    }
}

fn file(size: u64) -> File {
    File { name: "a film.mp4".into(), kind: "video/mp4".into(), size, metadata: vec![("for".into(), "you".into())] }
}

impl Service for Served {
    type Gift = Json;

    fn rules(&self) -> Rules {
        self.rules.clone()
    }

    fn name(&self, session: &Json) -> String {
        self.tongue.name(session)
    }

    fn throws_to_retry(&self) -> bool {
        true
    }

    fn remember(&self, session: &Json) -> Option<Json> {
        self.adapter.place()?;
        self.adapter.remembered(session).map(|session| self.tongue.remember(session))
    }

    fn recall(&self, remembered: &Json) -> Option<Json> {
        self.adapter.recalled(&self.tongue.recall(remembered.clone()))
    }

    fn ask(&self, step: &Step<Json>, size: u64) -> Asked {
        let call = self.call(step, size);
        let (to, is_api) = match &call {
            Call::Http(request) => (origin(&request.url), request.is_api),
            Call::Function(_) | Call::Digest(..) | Call::Combine(_) => (None, false),
        };
        if let (Call::Digest(..), Step::Digest { part, .. }) = (&call, step) {
            return Asked { to, ask: Ask::Digest { start: part.start, size: part.size() }, is_api };
        }
        if let (Call::Digest(..), Step::Reckon { session, part }) = (&call, step) {
            let ask = Ask::Reckon { session: self.name(session), number: part.index + 1 };
            return Asked { to, ask, is_api };
        }
        let ask = match (&call, step) {
            (Call::Http(request), Step::Send { part, .. }) if !request.is_api => store::hear(request, part),
            _ => self.tongue.hear(step, &call, size),
        };
        if let (Ask::Put { number, .. }, Step::Send { part, .. }) = (&ask, step) {
            assert_eq!(*number, part.index + 1, "a part was sent as another one");
        }
        Asked { to, ask, is_api }
    }

    fn read(&self, step: &Step<Json>, size: u64, said: Said, at: Wall) -> Result<Reply<Json>, Failed> {
        let request = match self.call(step, size) {
            Call::Http(request) => request,
            Call::Digest(_, form) => {
                let (Step::Reckon { part, .. } | Step::Digest { part, .. }) = step else {
                    panic!("a digest for {step:?}")
                };
                let hex = digest(part.start, part.size());
                let written = if form == Form::Hex { hex } else { store::base64(&hex) };
                return self.adapter.reply(step, &Answer::Digest(written));
            }
            Call::Combine(sums) => panic!("{sums:?} of nothing"),
            Call::Function(function) => {
                let value = match said {
                    // An app says so: a function that throws ends the upload.
                    Said::No { status: 404, .. } if matches!(step, Step::Inspect { .. }) => Json::Null,
                    Said::No { status, code, .. } => {
                        let failure = if status >= 500 { Failure::Server } else { Failure::Callback };
                        return Err(Failed::new(failure, format!("it threw {code}")));
                    }
                    Said::Garbage => "<html>".into(),
                    said => self.tongue.speak(step, &said).value(),
                };
                return self.adapter.reply(step, &Answer::Value { of: function.name, value });
            }
        };
        let is_storage = !request.is_api;
        let spoken = match &said {
            Said::Garbage => Spoken::text(200, "<!doctype html><title>Welcome to the hotel</title>"),
            Said::No { status, code, .. } if is_storage => store::refuse(*status, code),
            Said::No { status, code, .. } => self.tongue.refuse(step, *status, code),
            Said::Stored(etag) if is_storage => Spoken::text(200, "").with("etag", etag),
            said => self.tongue.speak(step, said),
        };
        let after = match said {
            Said::No { after, .. } => after,
            _ => None,
        };
        let spoken = after.into_iter().fold(spoken, |spoken, after| spoken.with("retry-after", &after.to_string()));
        let Spoken { status, headers, text, json } = spoken;
        let mut answer =
            Answer::Http { request: request.into(), response: Response { status, headers, text, json, at } };
        while let Some(call) = self.adapter.follow(step, &answer) {
            // This store says nothing of the whole that could be reckoned.
            let Call::Function(function) = call else { panic!("{call:?} follows nothing") };
            let Some(value) = self.tongue.follow(&function) else {
                return Err(Failed::new(Failure::Callback, "it threw".into()));
            };
            answer = Answer::Value { of: function.name, value };
        }
        self.adapter.reply(step, &answer)
    }
}
