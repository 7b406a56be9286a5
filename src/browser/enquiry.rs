//! Asks a service what belongs to no upload.

use super::app::App;
use super::body::Carried;
use super::driver::dice;
use super::exchange::{Outgoing, exchange};
use super::timer::{sleep, within};
use crate::core::{Carrier, Enquiry, Error, Failed, Failure, Retry};
use crate::protocol::{Adapter, Body, Known, Question, Request};

/// Asks until there is an answer, or no point in asking. `None`: the service cannot be asked this.
pub(crate) async fn ask(adapter: &dyn Adapter, app: &App, question: &Question) -> Option<Result<Known, Error>> {
    let request = adapter.ask(question)?;
    let mut enquiry = Enquiry::new(Retry::default(), dice());
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
    // The app's headers may never come, as an answer may not.
    let answered = async {
        let apps = if request.is_api { app.headers().await? } else { Vec::new() };
        let outgoing = Outgoing::new(request, &apps, Carried::Nothing, app.credentials)?;
        let response = exchange(&outgoing, Carrier::Fetch, Box::new(|_| ())).await?;
        adapter.known(question, &outgoing.request, &response)
    };
    let silence = || Failed::new(Failure::Silence, format!("no answer within {} s", Enquiry::TIMEOUT.as_secs()));
    within(Enquiry::TIMEOUT, answered).await.unwrap_or_else(|| Err(silence()))
}
