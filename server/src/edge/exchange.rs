//! One exchange from its head to its answer: named, logged, disturbed, answered, opened to browsers.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::ACCESS_CONTROL_REQUEST_METHOD;
use axum::http::{Method, Request, Response};
use hyper::body::Incoming;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use super::body::{Count, Metered, Rest};
use super::call::{Call, Look};
use super::cors::Policy;
use super::log::Log;
use crate::faults::book::{Book, Plan, Slowdown};
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
        let ticket = self.log.begin(call, true, request, Count::default());
        let plan = self.faults.preflight(call);
        pause(plan.latency).await;
        let response = policy.preflight(request.headers(), &plan.forbidden);
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
        let ticket = self.log.begin(call, false, &request, rest.count());
        let (head, incoming) = request.into_parts();
        let mut body = Metered::new(incoming, rest.clone());
        let seen = body.peek(HEAD, look).await;
        let call = seen.as_ref().unwrap_or(call);
        ticket.named(call);
        let (plan, amnesty) = self.faults.plan(call, control.id());
        let _line = Line::new(control, &plan);

        let act = plan.act.as_ref();
        let mut response = match perform::instead(act, body, control, &amnesty).await? {
            Ok(response) => response,
            Err(body) => {
                let body = match plan.delay {
                    Some(wait) => perform::delay(wait, body, &amnesty).await,
                    None => Body::new(body),
                };
                service(Request::from_parts(head, perform::damaged(act, body))).await?
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
    /// Slows the line down for a while.
    dip: Option<AbortHandle>,
}

impl<'a> Line<'a> {
    fn new(control: &'a Arc<Control>, plan: &Plan) -> Self {
        if let Some(speed) = plan.speed {
            control.limit(speed);
        }
        let dip = plan.speed.zip(plan.dip).map(|(speed, dip)| tokio::spawn(slow_down(Arc::clone(control), speed, dip)));
        Self { control, limited: plan.speed.is_some(), dip: dip.map(|dip| dip.abort_handle()) }
    }
}

async fn slow_down(control: Arc<Control>, speed: u64, dip: Slowdown) {
    sleep_until(dip.from).await;
    if Instant::now() < dip.until {
        control.pace(dip.speed);
        sleep_until(dip.until).await;
        control.pace(speed);
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if let Some(dip) = &self.dip {
            dip.abort();
        }
        if self.limited {
            self.control.unlimit();
        }
        self.control.settle();
    }
}
