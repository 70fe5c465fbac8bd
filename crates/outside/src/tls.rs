//! TLS as a client: a handshake that tells what the other side showed, whether or not it is good.
//!
//! A certificate with a wrong name, or one that ran out, is an observation. So the handshake goes on whatever the
//! certificate says, proves that the other side holds its key, and hands over a [`Certificate`]; a connection whose
//! certificate is not good must be dropped by the caller before anything is sent on it ([`Certificate::fault`]).
//! What this does not do: client certificates, revocation, sessions.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{self, CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as Refusal, RootCertStore, SignatureScheme,
};
use tokio_rustls::{TlsConnector, rustls};

use crate::Error;

/// The largest file of trusted certificates.
pub const MAX_ROOTS_BYTES: usize = 4 * 1024 * 1024;

/// Where systems keep the certificates that they trust.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The year 9999: every certificate has run out by then, and says so with the time at which it did.
const END_OF_TIME: Duration = Duration::from_secs(253_402_300_800);

/// Whom to trust, and under which name the other side must show itself.
#[derive(Clone, Debug)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    name: ServerName<'static>,
    now: UnixTime,
}

/// What the other side showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// It is for the name that was asked for.
    pub name_ok: bool,
    /// A chain leads to a trusted certificate, and nothing in it has run out.
    pub trusted: bool,
    /// When it runs out, in seconds since the Unix epoch; `None` when that cannot be read.
    pub not_after: Option<i64>,
    /// What is wrong with it.
    pub fault: Option<String>,
}

impl Trust {
    /// Trusts the certificates of a PEM file, or those of the system. `name` is a host name or an address; `now` is in
    /// microseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::TooLarge`], [`Error::NotText`], or [`Error::Protocol`] when no certificate is in there.
    pub fn read(roots: Option<&Path>, name: &str, now: i64) -> Result<Self, Error> {
        let system = || SYSTEM_ROOTS.into_iter().map(Path::new).find(|path| path.is_file());
        let wrong = |why: String| Error::protocol("tls", why);
        let path = roots.or_else(system).ok_or_else(|| wrong("this system has no list of roots".to_owned()))?;
        let text = crate::files::read_text(path, MAX_ROOTS_BYTES)?;
        let mut store = RootCertStore::empty();
        let (added, _) = store.add_parsable_certificates(CertificateDer::pem_slice_iter(text.as_bytes()).flatten());
        if added == 0 {
            return Err(wrong(format!("{} holds no certificate in PEM form", path.display())));
        }
        let bare = name.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare).map_err(|_| wrong(format!("`{name}` is no name of a server")))?;
        let now = Duration::from_micros(u64::try_from(now).unwrap_or(0));
        Ok(Self { roots: Arc::new(store), name, now: UnixTime::since_unix_epoch(now) })
    }

    /// Speaks TLS on a connection. The certificate may be bad: look at [`Certificate::fault`] before sending anything.
    ///
    /// # Errors
    /// [`Error::TimedOut`], or [`Error::Io`] when the other side does not speak TLS or does not hold its key.
    pub async fn greet(
        &self,
        stream: TcpStream,
        within: Duration,
    ) -> Result<(TlsStream<TcpStream>, Certificate), Error> {
        let at = stream.peer_addr().map_err(|source| Error::io("ask for the address of the other side", source))?;
        let provider = Arc::new(crypto::ring::default_provider());
        let noting = Arc::new(Noting { trust: self.clone(), provider: provider.clone(), noted: Mutex::default() });
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let versions = versions.map_err(|error| Error::protocol("tls", error.to_string()))?;
        let verified = versions.dangerous().with_custom_certificate_verifier(noting.clone());
        let mut config = verified.with_no_client_auth();
        config.resumption = Resumption::disabled();
        let greeted = TlsConnector::from(Arc::new(config)).connect(self.name.clone(), stream);
        match tokio::time::timeout(within, greeted).await {
            Err(_) => Err(Error::TimedOut { at, within }),
            Ok(Err(source)) => Err(Error::io(format!("speak TLS with {at}"), source)),
            Ok(Ok(stream)) => {
                let noted = noting.noted.lock().unwrap_or_else(PoisonError::into_inner).take();
                Ok((stream, noted.ok_or_else(|| Error::protocol("tls", "no certificate was shown"))?))
            }
        }
    }
}

/// Notes what a certificate is worth and lets the handshake go on.
#[derive(Debug)]
struct Noting {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    /// Guards what was noted; held for one move only.
    noted: Mutex<Option<Certificate>>,
}

impl Noting {
    fn chain(&self, end: &ParsedCertificate<'_>, others: &[CertificateDer<'_>], now: UnixTime) -> Result<(), Refusal> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(end, &self.trust.roots, others, now, algorithms)
    }
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Refusal> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let chain = self.chain(&parsed, intermediates, self.trust.now);
        let name = verify_server_name(&parsed, server_name);
        let last = self.chain(&parsed, intermediates, UnixTime::since_unix_epoch(END_OF_TIME));
        let not_after = match last {
            Err(Refusal::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                i64::try_from(not_after.as_secs()).ok()
            }
            _ => None,
        };
        let fault = chain.as_ref().err().or(name.as_ref().err()).map(ToString::to_string);
        let certificate = Certificate { name_ok: name.is_ok(), trusted: chain.is_ok(), not_after, fault };
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
