//! Errors as text, for logs and answers.

mod tls;

pub(crate) use tls::TlsFault;

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Why a task ended badly. What a panic said stays out: it may hold what was at hand then, and where it was is in the log.
pub(crate) fn of_task(error: &tokio::task::JoinError) -> &'static str {
    if error.is_panic() {
        "it panicked: another line of the log says where"
    } else {
        "it was cancelled"
    }
}

/// Whether a connection failed because its two sides do not trust each other's certificates, or one wants TLS and the other does
/// not speak it. Libraries wrap rustls' errors in different ways, but all of them pass on its words.
pub(crate) fn is_tls(error: &dyn std::error::Error) -> bool {
    let told = chain(error);
    [
        "peer certificate",
        "fatal alert",
        "InvalidContentType",
        "corrupt message",
    ]
    .iter()
    .any(|words| told.contains(words))
}
