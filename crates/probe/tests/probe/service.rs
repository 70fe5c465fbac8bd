//! A small HTTP service for the tests: each answer is what a function makes of the request's head.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::{TlsAcceptor, rustls};

/// The longest head of a request.
const MAX_HEAD: usize = 16 * 1024;

/// A service that ends with the test.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Service {
    /// Answers each request with the text that the function returns; an empty text closes the connection.
    pub(crate) fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = outside::net::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), false).expect("listens");
        let listener = TcpListener::from_std(listener).expect("is a listener");
        let address = listener.local_addr().expect("has an address");
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move { converse(stream, &*answer).await });
            }
        });
        Self { address, task }
    }
}

impl Service {
    /// The same with TLS, under one of the tests' certificates.
    pub(crate) fn secured(name: &str, answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = outside::net::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), false).expect("listens");
        let listener = TcpListener::from_std(listener).expect("is a listener");
        let address = listener.local_addr().expect("has an address");
        let acceptor = acceptor(name);
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, acceptor) = (answer.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, &*answer).await;
                    }
                });
            }
        });
        Self { address, task }
    }
}

fn acceptor(name: &str) -> TlsAcceptor {
    let pem = |end: &str| {
        let path = crate::server::certificate(&format!("{name}.{end}"));
        outside::files::read_text(&path, 10_000).expect("is there")
    };
    let chain = vec![CertificateDer::from_pem_slice(pem("pem").as_bytes()).expect("is a certificate")];
    let key = PrivateKeyDer::from_pem_slice(pem("key").as_bytes()).expect("is a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.expect("has versions").with_no_client_auth().with_single_cert(chain, key);
    TlsAcceptor::from(Arc::new(config.expect("fits")))
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request a connection, so that a test sees each of them.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &(dyn Fn(&str) -> String + Send + Sync)) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        match stream.read(&mut byte).await {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    // A body that stays unread would reset the connection.
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    let text = answer(&(head + &String::from_utf8_lossy(&body)));
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// An answer with a status, more headers (each with its line end) and a body.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Word\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// An address where nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, outside::net::free_port().expect("has one")))
}
