//! What the package asks a service beside uploads.

use super::destination::{self, ELSEWHERE};
use super::error;
use super::promise::promise;
use super::read::wrong;
#[cfg(feature = "services")]
use crate::browser::enquiry::ask as asked;
use crate::browser::value;
use crate::protocol::{Json, Known, Question, SERVICES, leads_elsewhere};
use js_sys::Promise;
use wasm_bindgen::prelude::*;

/// One page of the sessions that the service of `to` holds unfinished; or, with an `upload_id`, of what it knows of that
/// one.
///
/// # Errors
/// `to` is no destination, or one that cannot be asked; or the service refused: the fields of an `UploadError`.
#[wasm_bindgen]
pub fn enquire(to: JsValue, upload_id: Option<String>, page: u32) -> Promise {
    let page = page.into();
    let question = match upload_id {
        Some(upload_id) => Question::Status { upload_id, page },
        None => Question::Incomplete { page },
    };
    promise(async move { known(&to, &question).await })
}

async fn known(to: &JsValue, question: &Question) -> Result<JsValue, JsValue> {
    let (adapter, app) = destination::read_alone(to).map_err(|refused| refused.to_js())?;
    if SERVICES && matches!(question, Question::Status { upload_id, .. } if leads_elsewhere(upload_id)) {
        return Err(wrong("uploadId", ELSEWHERE).to_js());
    }
    let asked = asked(adapter.as_ref(), &app, question).await;
    match asked {
        None => {
            let rule = format!("`{}` cannot be asked of {}", question.role(), adapter.kind());
            Err(wrong("to", &rule).to_js())
        }
        Some(Ok(Known { items, state, response, more })) => Ok(value::object(&[
            ("items", value::to_js(&Json::List(items))),
            ("state", state.map_or(JsValue::NULL, JsValue::from)),
            ("response", value::to_js(&response)),
            ("more", more.as_ref().map_or(JsValue::NULL, value::to_js)),
        ])),
        Some(Err(failed)) => Err(error::to_js(&failed, app.thrown.borrow().clone())),
    }
}

/// S3 cannot be asked; what asks is no code where there is nothing else.
#[cfg(not(feature = "services"))]
async fn asked(
    _: &dyn crate::protocol::Adapter,
    _: &crate::browser::app::App,
    _: &Question,
) -> Option<Result<Known, crate::core::Error>> {
    None
}
