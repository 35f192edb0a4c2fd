//! What can be asked, and who may.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use serde_json::json;

use super::body::drain;
use super::keys::{Grant, Scope};
use super::refusal::{Refusal, json};
use super::{Service, single, stream};

/// Paths that need no key: they say nothing of any document.
const OPEN: [&str; 6] = ["/", "/service.css", "/service.js", "/healthz", "/readyz", "/openapi.json"];

/// The description of all of this.
const OPENAPI: &str = include_str!("openapi.json");

/// The style of the page: the report's, and what is its own.
const STYLE: &str = concat!(include_str!("../report/html/page.css"), include_str!("page/service.css"));

/// Every route by its path.
fn routes() -> [(&'static str, MethodRouter<Arc<Service>>); 14] {
    [
        ("/v1/filter", post(stream::filter)),
        ("/v1/check", post(single::check)),
        ("/v1/documents/{*id}", get(single::document).delete(single::delete_one)),
        ("/v1/delete", post(single::delete)),
        ("/v1/compare", post(single::compare)),
        ("/v1/page", post(single::page)),
        ("/v1/stats", get(stats)),
        ("/healthz", get(async || json(StatusCode::OK, &json!({ "status": "ok" })))),
        ("/readyz", get(ready)),
        ("/metrics", get(metrics)),
        ("/openapi.json", get(async || file("application/json", OPENAPI))),
        ("/", get(async || file("text/html; charset=utf-8", include_str!("page/index.html")))),
        ("/service.css", get(async || file("text/css; charset=utf-8", STYLE))),
        (
            "/service.js",
            get(async || file("text/javascript; charset=utf-8", include_str!("page/service.js"))),
        ),
    ]
}

/// All of the service.
pub(super) fn router(service: Arc<Service>) -> Router {
    let router =
        routes().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    router
        .method_not_allowed_fallback(async || {
            Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this path takes other methods: see Allow",
            )
        })
        .fallback(async || {
            Refusal::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "nothing is at this path; /openapi.json lists what is",
            )
        })
        .layer(from_fn_with_state(service.clone(), admit))
        .with_state(service)
}

/// What is asked of a request before anything else.
async fn admit(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Response<Body> {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let response = match service.admitted(request.headers(), &route) {
        Ok(grant) => {
            request.extensions_mut().insert(grant);
            next.run(request).await
        }
        Err(refusal) => {
            drain(request.body_mut()).await;
            refusal.into_response()
        }
    };
    let method = if method.len() <= LONGEST { &*method } else { "(other)" };
    service.figures.request(method, &route, response.status().as_u16(), began.elapsed());
    response
}

/// The longest name of a method that is counted by its name.
const LONGEST: usize = 7;

impl Service {
    fn admitted(&self, headers: &HeaderMap, route: &str) -> Result<Grant, Refusal> {
        if self.is_closing() && !["/healthz", "/readyz", "/metrics"].contains(&route) {
            return Err(Refusal::closing());
        }
        let grant = match self.keys.grant(bearer(headers)) {
            // Keys that were taken away while it was started for everybody.
            Grant::Open if !self.is_local => Grant::Nothing,
            grant => grant,
        };
        check_origin(headers, grant == Grant::Open)?;
        if grant == Grant::Nothing && !OPEN.contains(&route) {
            let message = "this needs a key: Authorization: Bearer KEY; `wirecopy key create` makes one";
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", message));
        }
        Ok(grant)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Refuses what a page of somebody else's asks through its reader's browser: a request from another origin, and, where no key
/// is asked for, one under a name that is not this machine's.
fn check_origin(headers: &HeaderMap, is_open: bool) -> Result<(), Refusal> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).unwrap_or_default();
    let forbidden = |message| Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message));
    let own =
        |origin: &str| origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host));
    if headers.contains_key(ORIGIN) && !text(ORIGIN).is_some_and(own) {
        return forbidden("a page of another origin asks; the service answers its own page and programs");
    }
    if is_open && !is_local_name(host) {
        return forbidden(
            "without keys the service is asked as localhost or 127.0.0.1; `wirecopy key create` makes a key",
        );
    }
    Ok(())
}

/// Whether a host, perhaps with a port, is this machine by a name that nobody else can have.
fn is_local_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Refuses what a request may not.
pub(super) fn demand(grant: Grant, scope: Scope) -> Result<(), Refusal> {
    if grant.covers(scope) {
        return Ok(());
    }
    let message = format!("the key does not open this: it needs one of scope {}", scope.name());
    Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message))
}

/// A file that came with the program. Its policy lets nothing run but its own script.
fn file(kind: &'static str, text: &'static str) -> Response<Body> {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn ready(State(service): State<Arc<Service>>) -> Response<Body> {
    let why = if service.is_closing() {
        Some(Refusal::closing())
    } else if !service.filter.is_well() || service.queue.is_over() {
        let message = "a write failed; nothing more is taken until the service is started anew";
        Some(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "disk", message))
    } else {
        None
    };
    why.map_or_else(|| json(StatusCode::OK, &json!({ "status": "ready" })), IntoResponse::into_response)
}

async fn stats(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
) -> Result<Response<Body>, Refusal> {
    demand(grant, Scope::Read)?;
    let index = service.filter.figures();
    let told = service.figures.told();
    Ok(json(
        StatusCode::OK,
        &json!({
            "documents": index.documents,
            "segments": index.segments,
            "segment_bytes": index.segment_bytes,
            "queue": service.queue.len(),
            "held_bytes": service.room.held(),
            "seconds": service.began.elapsed().as_secs(),
            "since_start": told,
        }),
    ))
}

async fn metrics(
    State(service): State<Arc<Service>>,
    Extension(grant): Extension<Grant>,
) -> Result<Response<Body>, Refusal> {
    demand(grant, Scope::Read)?;
    let index = service.filter.figures();
    let text = service.figures.prometheus(&[
        ("wirecopy_documents", "Documents that were neither deleted nor replaced.", index.documents as f64),
        ("wirecopy_segments", "Segments of the index.", index.segments as f64),
        ("wirecopy_segment_bytes", "Bytes of segments.", index.segment_bytes as f64),
        ("wirecopy_queue_depth", "Parts of streams and deletions that wait.", service.queue.len() as f64),
        ("wirecopy_held_bytes", "Bytes of bodies that are held.", service.room.held() as f64),
        ("wirecopy_uptime_seconds", "Seconds since the start.", service.began.elapsed().as_secs_f64()),
    ]);
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_has_every_route_and_no_other() {
        let described: serde_json::Value = serde_json::from_str(OPENAPI).expect("JSON");
        let paths = described["paths"].as_object().expect("paths");
        let mut described: Vec<String> = paths.keys().cloned().collect();
        let mut routed: Vec<String> = routes().map(|(path, _)| path.replace("{*id}", "{id}")).into();
        routed.retain(|path| !["/", "/service.css", "/service.js"].contains(&&**path));
        described.sort();
        routed.sort();
        assert_eq!(described, routed);
    }

    #[test]
    fn names_of_this_machine() {
        for own in ["localhost", "LOCALHOST:7171", "127.0.0.1:7171", "127.1.2.3", "[::1]:80", "[::1]"] {
            assert!(is_local_name(own), "{own}");
        }
        for other in
            ["", "example.com", "localhost.example.com:7171", "10.0.0.1", "[::2]:80", "127.0.0.1.nip.io"]
        {
            assert!(!is_local_name(other), "{other}");
        }
    }
}
