//! The web console: static files inside the binary, without a secret in them. Everything that they show they ask the API
//! for, with the token that a person gives them.

use super::reply;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::header::{HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

/// Each file with its name.
macro_rules! files {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../console/", $name)))),+] };
}

const INDEX: &str = include_str!("../../console/index.html");
const FILES: &[(&str, &str)] = files![
    "act.js",
    "api.js",
    "app.js",
    "dom.js",
    "figures.js",
    "icon.svg",
    "pages/configuration.js",
    "pages/decisions.js",
    "pages/live.js",
    "pages/messages.js",
    "pages/odd.js",
    "pages/overview.js",
    "pages/playground.js",
    "pages/plugins.js",
    "pages/reloads.js",
    "pages/sessions.js",
    "style.css",
];

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) async fn index() -> Response {
    answer("text/html; charset=utf-8", INDEX)
}

pub(super) async fn file(Path(name): Path<String>, uri: Uri) -> Response {
    let found = FILES.iter().find(|(known, _)| *known == name);
    let Some((_, content)) = found else {
        let error = format!("the console has no file {}", uri.path());
        return reply::error(StatusCode::NOT_FOUND, &error, &["it begins at /".to_owned()]);
    };
    let kind = match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "image/svg+xml",
    };
    answer(kind, content)
}

fn answer(kind: &'static str, content: &'static str) -> Response {
    let headers: [(HeaderName, &str); 6] = [
        (CONTENT_TYPE, kind),
        // Another version of the gateway has other files under the same names.
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_console_is_in_the_binary() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
        let in_folder = |folder: &str| -> Vec<String> {
            let files = std::fs::read_dir(root.join(folder)).unwrap();
            files
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_file())
                .map(|path| path.strip_prefix(&root).unwrap().display().to_string())
                .filter(|name| name != "index.html")
                .collect()
        };
        let mut there = [in_folder(""), in_folder("pages")].concat();
        there.sort();
        let known: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(there, known);
    }
}
