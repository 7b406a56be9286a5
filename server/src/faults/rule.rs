//! The rules of `PUT /_/faults`, parsed so that what is accepted can be carried out.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::edge::call::{Call, Step};

/// When something goes wrong, and what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Rule {
    service: String,
    step: Option<Step>,
    part: Option<u16>,
    nth: Option<u64>,
    times: Option<u64>,
    /// Only on this of the connections that carried a matching request, counted from 1 since the rules were put.
    pub connection: Option<usize>,
    /// What goes wrong.
    pub fault: Fault,
}

/// What goes wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Fault {
    /// This answer instead of the service's; the request has no effect.
    Status {
        /// The status.
        status: u16,
        /// Headers beside it.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body.
        #[serde(default)]
        body: String,
        /// With CORS headers, or as a gateway answers that knows nothing of CORS.
        #[serde(default = "yes")]
        cors: bool,
    },
    /// The request waits before it takes effect.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// A slow line.
    Rate {
        /// How fast the request's body is read.
        bytes_per_second: Option<u64>,
        /// Milliseconds added before every answer.
        #[serde(default)]
        latency: u64,
        /// A while in which it is slower still.
        dip: Option<Dip>,
    },
    /// A TCP reset.
    Reset {
        /// Bytes of the body that are taken first.
        #[serde(default)]
        after_bytes: u64,
    },
    /// Silence on an open socket.
    Stall {
        /// Bytes of the body that are taken first.
        #[serde(default)]
        after_bytes: u64,
        /// The whole body is taken and only the answer is missing.
        #[serde(default)]
        answer: bool,
    },
    /// The first byte of the body is another one when it arrives.
    Flip {},
    /// The request takes effect, the answer breaks off.
    Truncate {},
    /// The signed URL counts as expired.
    Expire {},
    /// The request takes effect, the connection closes without an answer.
    Lost {},
    /// Pages of other origins may not send something: preflights do not allow it.
    Forbid {
        /// The header.
        header: String,
    },
    /// The answer hides something from pages of other origins.
    Hide {
        /// The header that is not exposed.
        header: Option<String>,
        /// False: no CORS headers at all.
        #[serde(default = "yes")]
        cors: bool,
    },
}

/// A while in which a line is slower than it is otherwise.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Dip {
    /// Milliseconds from the first matching request to its begin.
    pub after_ms: u64,
    /// Milliseconds that it lasts.
    pub for_ms: u64,
    /// How fast bodies are read meanwhile.
    pub bytes_per_second: u64,
}

fn yes() -> bool {
    true
}

impl Rule {
    /// The rule speaks of this call, whatever its counters say.
    pub(crate) fn matches(&self, call: &Call) -> bool {
        let service = self.service == "*" || call.service.as_deref() == Some(&*self.service);
        let step = self.step.is_none_or(|step| call.step == Some(step));
        let part = self.part.is_none_or(|part| call.parts.contains(&part));
        let signed = !matches!(self.fault, Fault::Expire {}) || call.step == Some(Step::Part);
        service && step && part && signed
    }

    /// The rule speaks of the request that a preflight asks for; parts are not compared, and which connection will carry
    /// it is not known.
    pub(crate) fn matches_preflight(&self, call: &Call) -> bool {
        self.connection.is_none() && Self { part: None, ..self.clone() }.matches(call)
    }

    /// Whether the rule fires at the `count`th matching request, having fired `fired` times: from the `nth` on, for
    /// ever or as often as `times` says.
    pub(crate) fn fires(&self, count: u64, fired: u64) -> bool {
        self.nth.is_none_or(|nth| count >= nth) && self.times.is_none_or(|times| fired < times)
    }
}

/// Reads the body of `PUT /_/faults`; the error names the field.
pub(crate) fn parse(body: &[u8], services: &[&str]) -> Result<Vec<Rule>, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let object = body.as_object().ok_or("the body must be an object with the field `rules`")?;
    if let Some(unknown) = object.keys().find(|key| *key != "rules") {
        return Err(format!("unknown field `{unknown}`, expected `rules`"));
    }
    let rules = object.get("rules").and_then(Value::as_array).ok_or("the field `rules` must be an array")?;
    let read = |(index, value): (usize, &Value)| {
        let rule = serde_path_to_error::deserialize::<_, Rule>(value).map_err(|error| error.to_string());
        rule.and_then(|rule| rule.checked(services)).map_err(|error| format!("rules[{index}]: {error}"))
    };
    rules.iter().enumerate().map(read).collect()
}

impl Rule {
    fn checked(self, services: &[&str]) -> Result<Self, String> {
        if self.service != "*" && !services.contains(&&*self.service) {
            let known = services.join(", ");
            return Err(format!("field `service`: `{}` is unknown, expected * or {known}", self.service));
        }
        if self.nth == Some(0) || self.times == Some(0) {
            return Err("fields `nth` and `times` count from 1".to_owned());
        }
        if self.connection == Some(0) {
            return Err("field `connection` counts from 1".to_owned());
        }
        if matches!(self.fault, Fault::Expire {}) && self.step.is_some_and(|step| step != Step::Part) {
            return Err("field `step`: only the step part uses signed URLs that can expire".to_owned());
        }
        match &self.fault {
            Fault::Status { status, headers, .. } => {
                // An informational status is not an answer.
                StatusCode::from_u16(*status)
                    .ok()
                    .filter(|status| (200..600).contains(&status.as_u16()))
                    .ok_or("field `status`: expected 200 to 599")?;
                for (name, value) in headers {
                    let fine = name.parse::<HeaderName>().is_ok() && value.parse::<HeaderValue>().is_ok();
                    if !fine {
                        return Err(format!("field `headers`: `{name}` is not a header"));
                    }
                }
            }
            Fault::Rate { bytes_per_second: Some(0), .. } => {
                return Err("field `bytesPerSecond`: expected at least 1".to_owned());
            }
            Fault::Rate { bytes_per_second: None, dip: Some(_), .. } => {
                return Err("field `dip` needs `bytesPerSecond`, the speed before and after it".to_owned());
            }
            Fault::Rate { dip: Some(Dip { bytes_per_second: 0, .. }), .. } => {
                return Err("field `dip.bytesPerSecond`: expected at least 1".to_owned());
            }
            Fault::Rate { bytes_per_second: None, latency: 0, .. } => {
                return Err("field `bytesPerSecond` or `latency` is missing".to_owned());
            }
            Fault::Hide { header: None, cors: true } => {
                return Err("field `header` is missing (or `cors` must be false)".to_owned());
            }
            _ => {}
        }
        Ok(self)
    }
}
