//! What is wrong with a TLS connection, in words: rustls' errors name the finding, people need the fault.

use chrono::{DateTime, Utc};
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Why TLS did not come about, or ended.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum TlsFault {
    /// Its time is over.
    #[error("its certificate expired at {0}")]
    Expired(String),
    /// Its time has not come.
    #[error("its certificate is valid only from {0} on")]
    NotYetValid(String),
    /// It belongs to somebody else.
    #[error("its certificate is for {presented}, not for {wanted}")]
    WrongName {
        /// What it was compared with.
        wanted: String,
        /// What it says.
        presented: String,
    },
    /// Nobody trusted has signed it.
    #[error("its certificate is signed by nobody who is trusted here (UnknownIssuer)")]
    UnknownIssuer,
    /// An authority's certificate, which vouches for others, stands for a server: what `openssl req -x509` makes.
    #[error("its certificate is self-signed, that of an authority, and not one of a server")]
    SelfSigned,
    /// Another fault of its certificate.
    #[error("its certificate cannot be used: {0}")]
    Certificate(String),
    /// It wants to know who we are.
    #[error("it demands a certificate of ours")]
    CertificateDemanded,
    /// It does not want our certificate.
    #[error("it refuses our certificate: {0}")]
    CertificateRefused(String),
    /// What servers of TLS 1.2 say to a client without a certificate, and sometimes for another reason.
    #[error(
        "it broke the handshake off (handshake_failure): it demands a certificate of ours, or speaks no cipher of ours"
    )]
    BrokenOff,
    /// It does not know the name that we asked for.
    #[error("it does not serve the name that was asked for")]
    UnknownName,
    /// No version or cipher in common.
    #[error("it has no TLS version or cipher in common with us, who speak TLS 1.2 and 1.3: {0}")]
    Incompatible(String),
    /// What it says is no TLS.
    #[error("it does not speak TLS on this port")]
    NotTls,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl TlsFault {
    /// The fault in an error or one of its causes; `None` when TLS has nothing to do with it.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(rustls) = error.downcast_ref::<Error>() {
                return Some(Self::from(rustls));
            }
            // An I/O error hides what it wraps from `source` and shows that one's causes.
            let wrapped = error
                .downcast_ref::<std::io::Error>()
                .and_then(std::io::Error::get_ref);
            if let Some(rustls) = wrapped.and_then(|wrapped| wrapped.downcast_ref::<Error>()) {
                return Some(Self::from(rustls));
            }
            next = error.source();
        }
        None
    }
}

impl From<&Error> for TlsFault {
    fn from(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(fault) => of_certificate(fault),
            Error::AlertReceived(alert) => of_alert(*alert),
            Error::InvalidMessage(_) => Self::NotTls,
            Error::PeerIncompatible(why) => Self::Incompatible(format!("{why:?}")),
            other => Self::Other(other.to_string()),
        }
    }
}

fn of_certificate(fault: &CertificateError) -> TlsFault {
    match fault {
        CertificateError::Expired => TlsFault::Expired("an unknown time".to_owned()),
        CertificateError::ExpiredContext { not_after, .. } => TlsFault::Expired(date(*not_after)),
        CertificateError::NotValidYet => TlsFault::NotYetValid("an unknown time".to_owned()),
        CertificateError::NotValidYetContext { not_before, .. } => TlsFault::NotYetValid(date(*not_before)),
        CertificateError::NotValidForNameContext { expected, presented } => TlsFault::WrongName {
            wanted: expected.to_str().into_owned(),
            presented: if presented.is_empty() {
                "no name".to_owned()
            } else {
                presented.join(", ")
            },
        },
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        other => match format!("{other:?}") {
            // Known by its words only: the library that finds it is not ours to name.
            told if told.contains("CaUsedAsEndEntity") => TlsFault::SelfSigned,
            told => TlsFault::Certificate(told),
        },
    }
}

fn of_alert(alert: AlertDescription) -> TlsFault {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRequired => TlsFault::CertificateDemanded,
        Alert::UnrecognisedName => TlsFault::UnknownName,
        Alert::ProtocolVersion | Alert::InsufficientSecurity => {
            TlsFault::Incompatible(format!("alert {alert:?}"))
        }
        Alert::HandshakeFailure => TlsFault::BrokenOff,
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::AccessDenied
        | Alert::UnknownCA => TlsFault::CertificateRefused(format!("alert {alert:?}")),
        other => TlsFault::Other(format!("it broke TLS off: alert {other:?}")),
    }
}

/// RFC 3339, to the second.
fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    DateTime::<Utc>::from_timestamp(seconds, 0).map_or_else(
        || "an unknown time".to_owned(),
        |at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::time::Duration;

    fn told(error: Error) -> String {
        // As tokio-rustls hands it out, one layer further in.
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, error);
        TlsFault::of(&wrapped).unwrap().to_string()
    }

    #[test]
    fn every_fault_has_words() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired = CertificateError::ExpiredContext {
            time: at(2_000_000_000),
            not_after: at(1_700_000_000),
        };
        let name = CertificateError::NotValidForNameContext {
            expected: "smsc.example".try_into().unwrap(),
            presented: vec!["DnsName(\"other.example\")".to_owned()],
        };
        let cases = [
            (
                Error::InvalidCertificate(expired),
                "expired at 2023-11-14T22:13:20Z",
            ),
            (
                Error::InvalidCertificate(name),
                "other.example\"), not for smsc.example",
            ),
            (
                Error::InvalidCertificate(CertificateError::UnknownIssuer),
                "nobody who is trusted",
            ),
            (
                Error::InvalidCertificate(CertificateError::Revoked),
                "cannot be used: Revoked",
            ),
            (
                Error::AlertReceived(AlertDescription::CertificateRequired),
                "demands a certificate",
            ),
            (
                Error::AlertReceived(AlertDescription::UnknownCA),
                "refuses our certificate",
            ),
            (
                Error::AlertReceived(AlertDescription::HandshakeFailure),
                "demands a certificate of ours, or",
            ),
            (
                Error::AlertReceived(AlertDescription::ProtocolVersion),
                "in common",
            ),
            (
                Error::AlertReceived(AlertDescription::InternalError),
                "InternalError",
            ),
        ];
        for (error, words) in cases {
            let told = told(error);
            assert!(told.contains(words), "{words}: {told}");
        }
    }

    #[test]
    fn other_errors_are_no_fault_of_tls() {
        assert_eq!(TlsFault::of(&io::Error::other("reset")), None);
    }
}
