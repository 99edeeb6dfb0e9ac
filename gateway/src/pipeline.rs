//! What a model call goes through, on one screen.
//!
//! `route` only finds where the call may go (pure, no network); it comes first because an estimate
//! needs the price of the targets. `admit` reserves, `cache` may answer, `call` tries the targets in
//! order, and the [`Meter`] bills on every way out.

use std::sync::Arc;

use accounts::Principal;
use futures_util::StreamExt;

use crate::Gateway;
use crate::call::{Body, Call, Reply};
use crate::config::OnDisconnect;
use crate::error::{Code, Error};
use crate::stages::admit::admit;
use crate::stages::cache::Verdict;
use crate::stages::call::{self, CallState};
use crate::stages::meter::Meter;
use crate::usage::bodies::Capture;

/// Runs one call.
///
/// # Errors
/// Whatever the call is refused for or fails with, ready to be shown to the client.
pub(crate) async fn run(gw: &Gateway, who: &Arc<Principal>, call: Call) -> Result<Reply, Error> {
    let call = Arc::new(call);
    let route = gw.resolve(who, &call.model)?;
    let admitted = admit(gw, who, &call, &route).await?;
    let limits = admitted.headers.clone();
    let mut meter = Meter::new(gw, who, &call, admitted);
    let found = gw
        .answers()
        .look_up(&gw.cache_config(), who, &call, &route, gw.now_us())
        .await;
    let slot = match found {
        Verdict::Hit(entry) => {
            meter.cache_hit(
                &entry.provider,
                &entry.model,
                entry.usage.clone(),
                entry.nano_usd,
            );
            let reply = logged(gw, who, &call, cached(gw, &entry, &call));
            return Ok(finish(reply, &limits));
        }
        Verdict::Miss(slot) => Some(slot),
        Verdict::Off => None,
    };
    let (asked, caller) = (Arc::clone(&call), Arc::clone(who));
    let drains = route.on_disconnect == OnDisconnect::Drain && !call.stream;
    let state = CallState {
        gw: gw.clone(),
        who: Arc::clone(who),
        call,
        route,
        slot,
        meter,
    };
    let reply = match drains {
        true => to_the_end(state).await?,
        false => call::call(state).await?,
    };
    Ok(finish(logged(gw, &caller, &asked, reply), &limits))
}

/// Under `drain` the call goes on when the client hangs up: in a task that nobody cancels.
#[expect(
    clippy::disallowed_methods,
    reason = "ends with the call, whose timeouts bound it"
)]
async fn to_the_end(state: CallState) -> Result<Reply, Error> {
    match tokio::spawn(call::call(state)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::new(
            Code::Internal,
            "The call failed inside the gateway.",
        )),
    }
}

fn cached(gw: &Gateway, entry: &crate::stages::cache::Entry, call: &Call) -> Reply {
    let mut reply = entry.replay();
    reply.header("x-nab-cache", "hit");
    reply.header("age", &entry.age_s(gw.now_us()).to_string());
    reply.header("x-nab-provider", &entry.provider);
    reply.header(
        "x-nab-model",
        &format!("{}/{}", entry.provider, entry.model),
    );
    reply.header("x-nab-attempts", "0");
    reply.header("x-nab-cost-usd", "0");
    let overhead = call.context.began.elapsed().as_micros();
    reply.header("x-nab-overhead-us", &overhead.to_string());
    reply
}

/// Keeps both bodies where the organization asked for it.
fn logged(gw: &Gateway, who: &Arc<Principal>, call: &Arc<Call>, mut reply: Reply) -> Reply {
    if !who.log_bodies() {
        return reply;
    }
    let log = BodyLog {
        gw: gw.clone(),
        who: Arc::clone(who),
        call: Arc::clone(call),
        answer: Capture::new(),
    };
    reply.body = match reply.body {
        Body::Full(bytes) => {
            log.with(&bytes);
            Body::Full(bytes)
        }
        Body::Stream(stream) => Body::Stream(Box::pin(stream.scan(log, |log, piece| {
            if let Ok(bytes) = &piece {
                log.answer.push(bytes);
            }
            std::future::ready(Some(piece))
        }))),
    };
    reply
}

/// Writes the bodies when the answer has ended, however it did.
struct BodyLog {
    gw: Gateway,
    who: Arc<Principal>,
    call: Arc<Call>,
    answer: Capture,
}

impl BodyLog {
    fn with(mut self, answer: &[u8]) {
        self.answer.push(answer);
    }
}

impl Drop for BodyLog {
    fn drop(&mut self) {
        let context = &self.call.context;
        let answer = std::mem::take(&mut self.answer);
        self.gw.bodies().log(
            &self.who,
            &context.request_id,
            context.began_us,
            &self.call.body,
            answer,
        );
    }
}

fn finish(mut reply: Reply, limits: &[(&'static str, String)]) -> Reply {
    for (name, value) in limits {
        reply.header(name, value);
    }
    reply
}
