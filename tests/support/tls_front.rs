//! TLS in front of a server that speaks plain TCP: what an operator's TLS terminator is.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, version};

/// A TLS terminator on a thread of its own.
pub struct TlsFront {
    addr: SocketAddr,
    runtime: Option<Runtime>,
}

impl TlsFront {
    /// TLS 1.3 before this server, by a certificate and its key; `clients` is the authority of those who may connect.
    #[must_use]
    pub fn before(server: SocketAddr, identity: &(PathBuf, PathBuf), clients: Option<&Path>) -> Self {
        Self::start(server, identity, clients, &version::TLS13)
    }

    /// The same with TLS 1.2.
    #[must_use]
    pub fn old_before(server: SocketAddr, identity: &(PathBuf, PathBuf), clients: Option<&Path>) -> Self {
        Self::start(server, identity, clients, &version::TLS12)
    }

    fn start(
        server: SocketAddr,
        (certificate, key): &(PathBuf, PathBuf),
        clients: Option<&Path>,
        version: &'static SupportedProtocolVersion,
    ) -> Self {
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder
            .with_protocol_versions(&[version])
            .expect("a version of rustls");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(certificates(authority));
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("an authority"))
            }
        };
        let key = PrivateKeyDer::from_pem_file(key).expect("a key of openssl");
        let config = builder.with_single_cert(certificates(certificate), key);
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("a certificate and its key")));
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.expect("a thread");
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let addr = listener.local_addr().expect("a listener");
        listener.set_nonblocking(true).expect("a listener of ours");
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).expect("a listener of ours")
        };
        runtime.spawn(accept(listener, acceptor, server));
        Self {
            addr,
            runtime: Some(runtime),
        }
    }

    /// Where it listens, in the server's place.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn certificates(file: &Path) -> Vec<CertificateDer<'static>> {
    let read = CertificateDer::pem_file_iter(file).expect("a file of openssl");
    read.map(|certificate| certificate.expect("a certificate"))
        .collect()
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, server: SocketAddr) {
    while let Ok((client, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // Clients that are not let in are told so by TLS itself.
            let Ok(mut client) = acceptor.accept(client).await else {
                return;
            };
            let Ok(mut upstream) = TcpStream::connect(server).await else {
                return;
            };
            drop(tokio::io::copy_bidirectional(&mut client, &mut upstream).await);
        });
    }
}
