//! One exchange from its head to its answer: named, logged, disturbed, answered, opened to browsers.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::ACCESS_CONTROL_REQUEST_METHOD;
use axum::http::{Method, Request, Response};
use hyper::body::Incoming;

use super::body::{Metered, Rest};
use super::call::{Call, Look};
use super::cors::Policy;
use super::log::Log;
use crate::faults::book::Book;
use crate::faults::perform::{self, BOUND};
use crate::faults::rule::Fault;
use crate::net::accept::Cut;
use crate::net::control::Control;

/// How much of a body is looked into before it is known what the request is.
const HEAD: usize = 4 << 10;

/// What accompanies every exchange.
#[derive(Default)]
pub(crate) struct Edge {
    /// The rules in force.
    pub faults: Book,
    /// The exchanges so far.
    pub log: Log,
}

/// The method that a request is about: a preflight speaks for another.
pub(crate) fn method_of<B>(request: &Request<B>) -> (Method, bool) {
    let asked = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD);
    match asked.and_then(|method| Method::from_bytes(method.as_bytes()).ok()) {
        Some(method) if request.method() == Method::OPTIONS => (method, true),
        _ => (request.method().clone(), false),
    }
}

impl Edge {
    /// Answers a preflight of `call`.
    pub(crate) async fn preflight(&self, call: &Call, request: &Request<Incoming>, policy: &Policy) -> Response<Body> {
        let ticket = self.log.begin(call, true, request, Rest::default());
        pause(self.faults.preflight_latency(call)).await;
        let response = policy.preflight(request.headers());
        ticket.answered(response.status().as_u16());
        response
    }

    /// Lets `service` answer `call`, or what `look` finds it to be, unless a fault is in its way.
    pub(crate) async fn exchange<F>(
        &self,
        call: &Call,
        request: Request<Incoming>,
        control: &Arc<Control>,
        policy: &Policy,
        look: Look<'_>,
        service: impl FnOnce(Request<Body>) -> F,
    ) -> Result<Response<Body>, Cut>
    where
        F: Future<Output = Result<Response<Body>, Cut>>,
    {
        let rest = Rest::default();
        let ticket = self.log.begin(call, false, &request, rest.clone());
        let (head, incoming) = request.into_parts();
        let mut body = Metered::new(incoming, rest.clone());
        let seen = body.peek(HEAD, look).await;
        let call = seen.as_ref().unwrap_or(call);
        ticket.named(call);
        let (plan, amnesty) = self.faults.plan(call);
        let _line = Line::new(control, plan.speed);

        let act = plan.act.as_ref();
        let mut response = match perform::instead(act, body, control, &amnesty).await? {
            Ok(response) => response,
            Err(body) => {
                let body = match plan.delay {
                    Some(wait) => perform::delay(wait, body, &amnesty).await,
                    None => Body::new(body),
                };
                service(Request::from_parts(head, body)).await?
            }
        };
        rest.drain(BOUND).await;
        pause(plan.latency).await;

        let silenced = matches!(act, Some(Fault::Status { cors: false, .. }));
        if !plan.bare && !silenced {
            policy.open(response.headers_mut(), &plan.hidden);
        }
        let response = perform::after(act, response, control)?;
        ticket.answered(response.status().as_u16());
        Ok(response)
    }
}

/// A timer costs a millisecond even for nothing.
async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// The line's speed for the length of one exchange.
struct Line<'a> {
    control: &'a Control,
    limited: bool,
}

impl<'a> Line<'a> {
    fn new(control: &'a Control, speed: Option<u64>) -> Self {
        if let Some(speed) = speed {
            control.limit(speed);
        }
        Self { control, limited: speed.is_some() }
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if self.limited {
            self.control.unlimit();
        }
        self.control.settle();
    }
}
