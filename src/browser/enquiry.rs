//! Asks a service what belongs to no upload.

use super::app::App;
use super::body::Carried;
use super::exchange::{Outgoing, exchange};
use super::held::Held;
use super::sys;
use crate::core::{Carrier, Dice, Enquiry, Error, Failed, Failure, Retry};
use crate::protocol::{Adapter, Body, Known, Question, Request};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Asks until there is an answer, or no point in asking. `None`: the service cannot be asked this.
pub(crate) async fn ask(adapter: &dyn Adapter, app: &App, question: &Question) -> Option<Result<Known, Error>> {
    let request = adapter.ask(question)?;
    // Any bits will do.
    let mut enquiry = Enquiry::new(Retry::default(), Dice::seeded((js_sys::Math::random() * 2f64.powi(53)) as u64));
    loop {
        let failed = match once(adapter, app, question, request.clone()).await {
            Ok(known) => return Some(Ok(known)),
            Err(failed) => failed,
        };
        match enquiry.failed(&failed, question.role()) {
            Ok(wait) => sleep(wait).await,
            Err(error) => return Some(Err(error)),
        }
    }
}

async fn once(adapter: &dyn Adapter, app: &App, question: &Question, request: Request) -> Result<Known, Failed> {
    debug_assert!(matches!(request.body, Body::Empty));
    let apps = if request.is_api { app.headers().await? } else { Vec::new() };
    let outgoing = Outgoing::new(request, &apps, Carried::Nothing, app.credentials)?;
    let answer = pin!(exchange(&outgoing, Carrier::Fetch, Box::new(|_| ())));
    let response = match select(answer, pin!(sleep(Enquiry::TIMEOUT))).await {
        Either::Left((response, _)) => response?,
        Either::Right(_) => {
            return Err(Failed::new(Failure::Silence, format!("no answer within {} s", Enquiry::TIMEOUT.as_secs())));
        }
    };
    adapter.known(question, &outgoing.request, &response)
}

/// A timer that is cleared when nobody waits for it any more: under Node it would keep the program alive.
struct Armed(Option<Held<JsValue>>);

impl Drop for Armed {
    fn drop(&mut self) {
        self.0.iter().for_each(|timer| drop(sys::clear_timeout(timer)));
    }
}

async fn sleep(wait: Duration) {
    let mut armed = Armed(None);
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        armed.0 = sys::set_timeout(&resolve, wait.as_secs_f64() * 1000.0).ok().map(Held::new);
        // A page whose timers throw waits for nothing.
        if armed.0.is_none() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    // It is never rejected.
    let _ = JsFuture::from(promise).await;
}
