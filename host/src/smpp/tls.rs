//! TLS to the SMSC: whom we trust, who we are, and what is said when it does not come about.
//!
//! The SMSC's certificate is always verified: by its chain and name, or, where that cannot be had, by its fingerprint.
//! There is no way to accept just any certificate. The files are read for every connection, so renewed ones count at once.

use crate::config::TlsSettings;
use crate::errors::{self, TlsFault};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{self, CryptoProvider};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    /// One of our files.
    #[error("tls.{key}: {file} cannot be used: {why}", file = file.display())]
    File {
        /// Which setting names it.
        key: &'static str,
        /// Where it is.
        file: PathBuf,
        /// What the library says.
        why: String,
    },
    /// No authority to trust.
    #[error(
        "this machine trusts no authority: install ca-certificates, or name the operator's authority in tls.ca"
    )]
    NoAuthorities,
    /// Not even a name.
    #[error("{0:?} is no name that a certificate can have: set tls.server_name")]
    Name(String),
    /// Certificate and key do not fit, or the library refuses them.
    #[error("tls.cert and tls.key do not go together")]
    Identity(#[source] Error),
    /// The process ends.
    #[error("the files of tls were not read: {0}")]
    Ending(&'static str),
    /// The SMSC and we did not agree.
    #[error("no TLS: {fault}{mend}")]
    Handshake {
        /// What went wrong.
        fault: TlsFault,
        /// What helps.
        mend: String,
    },
    /// It ended in between.
    #[error("no TLS: the connection broke during the handshake: check that the SMSC speaks TLS on this port")]
    Broken(#[source] io::Error),
}

/// Agrees on TLS over a connection to `host`.
pub(super) async fn handshake(
    stream: TcpStream,
    host: &str,
    settings: &TlsSettings,
) -> Result<TlsStream<TcpStream>, TlsError> {
    let wanted = settings.server_name.as_deref().unwrap_or(host);
    let name = ServerName::try_from(wanted.to_owned()).map_err(|_| TlsError::Name(wanted.to_owned()))?;
    let settings = settings.clone();
    // Whom a machine trusts fills a hundred files.
    let prepared = tokio::task::spawn_blocking(move || prepare(&settings)).await;
    let (config, verifier) = prepared.map_err(|error| TlsError::Ending(crate::errors::of_task(&error)))??;
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.map_err(|error| {
        TlsFault::of(&error).map_or_else(
            || TlsError::Broken(error),
            |fault| TlsError::Handshake {
                mend: mend(&fault, &verifier.presented()),
                fault,
            },
        )
    })
}

/// What the integration engineer can do about it.
fn mend(fault: &TlsFault, presented: &str) -> String {
    match fault {
        TlsFault::Expired(_) => {
            "; the operator has to renew it, unless the clock of this machine is wrong".to_owned()
        }
        TlsFault::NotYetValid(_) => "; look at the clock of this machine".to_owned(),
        TlsFault::WrongName { .. } => {
            "; set tls.server_name to the name that the operator gives, or correct host".to_owned()
        }
        TlsFault::UnknownIssuer | TlsFault::SelfSigned => format!(
            "; name the operator's authority in tls.ca, or, once the operator has confirmed it, accept this certificate \
             alone by tls.fingerprint = \"{presented}\""
        ),
        TlsFault::Certificate(told) if told.contains("ApplicationVerificationFailure") => {
            format!("; tls.fingerprint is that of another one, and this one has \"{presented}\"")
        }
        TlsFault::CertificateDemanded | TlsFault::CertificateRefused(_) | TlsFault::BrokenOff => {
            "; set tls.cert and tls.key to what the operator has issued or knows".to_owned()
        }
        TlsFault::UnknownName => "; correct tls.server_name".to_owned(),
        TlsFault::NotTls => "; set tls = false, or correct port".to_owned(),
        TlsFault::Certificate(_) | TlsFault::Incompatible(_) | TlsFault::Other(_) => String::new(),
    }
}

/// What ended a link, in words, when TLS has: servers of TLS 1.3 look at our certificate after the handshake.
pub(super) fn end_in_words(error: &io::Error) -> Option<String> {
    TlsFault::of(error).map(|fault| format!("TLS ended: {fault}{}", mend(&fault, "")))
}

fn prepare(settings: &TlsSettings) -> Result<(ClientConfig, Arc<Verifier>), TlsError> {
    let verifier = Arc::new(Verifier::new(settings)?);
    Ok((client_config(settings, verifier.clone())?, verifier))
}

fn client_config(settings: &TlsSettings, verifier: Arc<Verifier>) -> Result<ClientConfig, TlsError> {
    let provider = verifier.provider.clone();
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Identity)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let (Some(cert), Some(key)) = (&settings.cert, &settings.key) else {
        return Ok(builder.with_no_client_auth());
    };
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable("key", key, &error))?;
    builder
        .with_client_auth_cert(certificates("cert", cert)?, key)
        .map_err(TlsError::Identity)
}

fn certificates(key: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(key, file, &error))
}

fn unusable(key: &'static str, file: &Path, error: &dyn std::error::Error) -> TlsError {
    TlsError::File {
        key,
        file: file.to_owned(),
        why: errors::chain(error),
    }
}

/// Verifies the SMSC's certificate, and remembers which one it was, for the words.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    trust: Trust,
    presented: Mutex<Option<[u8; 32]>>,
}

#[derive(Debug)]
enum Trust {
    /// A chain to one of these authorities, and the name.
    Authorities(Arc<WebPkiServerVerifier>),
    /// This certificate.
    Fingerprint([u8; 32]),
}

impl Verifier {
    fn new(settings: &TlsSettings) -> Result<Self, TlsError> {
        let provider = Arc::new(crypto::ring::default_provider());
        let trust = match settings.fingerprint {
            Some(fingerprint) => Trust::Fingerprint(fingerprint),
            None => {
                let roots = Arc::new(authorities(settings)?);
                let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
                Trust::Authorities(verifier.map_err(|_| TlsError::NoAuthorities)?)
            }
        };
        Ok(Self {
            provider,
            trust,
            presented: Mutex::new(None),
        })
    }

    /// The fingerprint of the certificate that was presented, as openssl prints it.
    fn presented(&self) -> String {
        let digest = *self.presented.lock().unwrap_or_else(PoisonError::into_inner);
        let octets = digest.unwrap_or_default();
        octets.map(|octet| format!("{octet:02X}")).join(":")
    }
}

/// The authorities of `tls.ca`, or those of this machine.
fn authorities(settings: &TlsSettings) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    if let Some(file) = &settings.ca {
        for certificate in certificates("ca", file)? {
            store
                .add(certificate)
                .map_err(|error| unusable("ca", file, &error))?;
        }
    } else {
        // Some of a machine's certificates are unreadable often enough; the others count.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if store.is_empty() {
        return Err(TlsError::NoAuthorities);
    }
    Ok(store)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let digest: [u8; 32] = Sha256::digest(end_entity).into();
        *self.presented.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
        match &self.trust {
            Trust::Authorities(verifier) => {
                verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            Trust::Fingerprint(wanted) if *wanted == digest => Ok(ServerCertVerified::assertion()),
            Trust::Fingerprint(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
