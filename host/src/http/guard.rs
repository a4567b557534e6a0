//! Who may call: the token, and for changes a request that no foreign web page can make.

use super::{HttpState, reply};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

pub(super) async fn check(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    if let Some(token) = &state.token
        && !has_token(request.headers(), token.expose())
    {
        let mend = "send the header Authorization: Bearer TOKEN, with the token of [http] in smpp-connector.toml";
        return reply::error(StatusCode::UNAUTHORIZED, "the token is missing or wrong", &[mend.to_owned()]);
    }
    if request.method() != Method::GET && is_foreign(request.headers()) {
        let mend = "call from the gateway's own origin, or without an Origin header";
        return reply::error(StatusCode::FORBIDDEN, "the request comes from another origin", &[mend.to_owned()]);
    }
    next.run(request).await
}

/// Compares in a time that does not depend on where the first difference is.
fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.strip_prefix("Bearer ").unwrap_or_default();
    let difference = given.bytes().zip(token.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == token.len() && difference == 0
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text(ORIGIN) {
        None => false,
        Some(origin) => {
            let origin_host = origin.split_once("://").map(|(_, host)| host);
            origin_host.is_none() || origin_host != text(HOST)
        }
    }
}
