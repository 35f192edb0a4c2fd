//! What is answered where a request cannot be: JSON, with what happened and what to do.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;

use crate::error::{Error, ErrorKind};

/// What stands in the body of a refusal.
#[derive(Serialize)]
struct RefusalBody<'a> {
    error: &'a str,
    message: &'a str,
}

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: StatusCode,
    /// A word for programs.
    pub error: &'static str,
    pub message: String,
}

/// Seconds after which it is worth trying again.
const RETRY: &str = "1";

impl Refusal {
    pub fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, error, message: message.into() }
    }

    /// The request itself is wrong.
    pub fn wrong(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub fn too_large(most: u64) -> Refusal {
        let message = format!(
            "the body has more than {most} bytes; split it, or start the service with a larger --max-body"
        );
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    pub fn busy() -> Refusal {
        let message = "the service has as much to do as it holds; ask again in a second";
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, "busy", message)
    }

    pub fn slow() -> Refusal {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "slow", "the body came too slowly; send the request again")
    }

    pub fn closing() -> Refusal {
        let message = "the service is closing; ask again once it has started anew";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "closing", message)
    }

    pub fn missing(id: &str) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "not_found", format!("no document of id `{id}` is in the index"))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let (status, word) = match error.kind() {
            ErrorKind::Write => (StatusCode::SERVICE_UNAVAILABLE, "disk"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        };
        Refusal::new(status, word, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let mut response = json(self.status, &RefusalBody { error: self.error, message: &self.message });
        let headers = response.headers_mut();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY));
            }
            // What is left of a body is not read: the next request is not behind it.
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

/// Plain data as a response.
pub(super) fn json(status: StatusCode, shown: &impl Serialize) -> Response<Body> {
    // Plain data into memory: it cannot fail.
    let bytes = serde_json::to_vec(shown).unwrap_or_default();
    json_bytes(status, bytes)
}

/// JSON as a response.
pub(super) fn json_bytes(status: StatusCode, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
