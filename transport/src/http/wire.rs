//! One request, one answer: connections, certificates, proxies, and bodies that end.

use crate::budget;
use crate::error::{Error, shown};
use crate::http::pace::Pace;
use crate::http::url::{Origin, Url};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use ureq::http::{HeaderMap, Method, Request};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

/// What a request is made of, apart from who asks.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, zeroize::Zeroizing<String>)>,
    pub(crate) body: Arc<[u8]>,
    /// How many bytes of the answer are read.
    pub(crate) limit: usize,
}

/// What came back: of an error at most [`budget::ERROR_BYTES`], of anything else all of it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's value, if it is there, once or first, and text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Why no answer came.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether another try may end better.
    pub(crate) passing: bool,
    /// Nobody is at the address, and nobody has answered there before: it may be the wrong one.
    pub(crate) absent: bool,
    /// How long the server wants us to wait.
    pub(crate) wanted: Option<Duration>,
}

impl Failure {
    pub(crate) fn lasting(error: Error) -> Self {
        Self { error, passing: false, absent: false, wanted: None }
    }

    fn passing(error: Error) -> Self {
        Self { error, passing: true, absent: false, wanted: None }
    }
}

/// Connections to anywhere, made when first needed, kept for reuse.
#[derive(Debug)]
pub(crate) struct Wire {
    ca: Vec<u8>,
    agents: Mutex<BTreeMap<(bool, bool), Agent>>,
    /// The origins that have answered something, whatever it was.
    heard: Mutex<BTreeSet<String>>,
}

impl Wire {
    /// `ca`: PEM certificates to trust besides the machine's own.
    pub(crate) fn new(ca: Vec<u8>) -> Self {
        Self { ca, agents: Mutex::default(), heard: Mutex::default() }
    }

    /// Sends and reads, in a thread of its own: a raised flag or the deadline is heeded at once, whatever the network
    /// does. What was left behind ends by its own timeout, or with the process.
    pub(crate) fn exchange(&self, message: &Message, pace: &Pace) -> Result<Answer, Failure> {
        let origin = message.url.origin.to_string();
        let left = pace.left(&origin).map_err(Failure::lasting)?;
        // A little more than is left, so that it is the deadline that passes, and is named.
        let timeout = (left + Duration::from_millis(200)).min(budget::ONE_TRY);
        let agent = self.agent(&message.url.origin).map_err(Failure::lasting)?;
        let (sender, answered) = mpsc::channel();
        let message = message.clone();
        let unreachable = |reason: String| Failure::lasting(Error::Unreachable { origin: origin.clone(), reason });
        std::thread::Builder::new()
            .spawn(move || sender.send(talk(&agent, message, timeout)).ok())
            .map_err(|error| unreachable(error.to_string()))?;
        loop {
            match answered.recv_timeout(Duration::from_millis(20)) {
                Ok(answer) => return self.heard(&origin, answer),
                Err(mpsc::RecvTimeoutError::Timeout) => pace.left(&origin).map(drop).map_err(Failure::lasting)?,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(unreachable("the connection's thread ended early".to_owned()));
                }
            }
        }
    }

    /// Who has answered once is there, and whoever refuses to be called then is being started again.
    fn heard(&self, origin: &str, answer: Result<Answer, Failure>) -> Result<Answer, Failure> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(answer) => {
                if !heard.contains(origin) {
                    heard.insert(origin.to_owned());
                }
                Ok(answer)
            }
            Err(failure) => Err(Failure { absent: failure.absent && !heard.contains(origin), ..failure }),
        }
    }

    /// Nothing beside us is asked through a proxy, and certificates are read only when something is encrypted.
    fn agent(&self, origin: &Origin) -> Result<Agent, Error> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (origin.https, origin.is_beside_us());
        if let Some(agent) = agents.get(&key) {
            return Ok(agent.clone());
        }
        let proxy = if origin.is_beside_us() { None } else { Proxy::try_from_env() };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("bulla/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy)
            .max_response_header_size(budget::HEADER_BYTES)
            .max_idle_connections(budget::WORKERS)
            .max_idle_connections_per_host(budget::WORKERS)
            .timeout_connect(Some(budget::CONNECT));
        let config = if origin.https { config.tls_config(self.tls()?) } else { config };
        let agent = config.build().new_agent();
        agents.insert(key, agent.clone());
        Ok(agent)
    }

    fn tls(&self) -> Result<TlsConfig, Error> {
        let refuse = |why: String| Error::CertificateAuthorities { why };
        let mut roots: Vec<Certificate<'static>> = Vec::new();
        for certificate in rustls_pki_types::pem::PemObject::pem_slice_iter(&self.ca) {
            let der: rustls_pki_types::CertificateDer<'_> =
                certificate.map_err(|_| refuse("the given PEM is broken".to_owned()))?;
            roots.push(Certificate::from_der(&der).to_owned());
        }
        if roots.is_empty() && !self.ca.is_empty() {
            return Err(refuse("the given PEM holds no certificate".to_owned()));
        }
        let native = rustls_native_certs::load_native_certs();
        roots.extend(native.certs.iter().map(|der| Certificate::from_der(der).to_owned()));
        if roots.is_empty() {
            let why =
                native.errors.first().map_or("the machine has none".to_owned(), |error| shown(&error.to_string()));
            return Err(refuse(why));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Ok(TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(provider)
            .build())
    }
}

fn talk(agent: &Agent, message: Message, timeout: Duration) -> Result<Answer, Failure> {
    let url = message.url;
    let origin = url.origin.to_string();
    let head = message.method == Method::HEAD;
    let bodyless = matches!(message.method, Method::GET | Method::HEAD);
    let mut request = Request::builder().method(message.method).uri(url.to_string());
    for (name, value) in &message.headers {
        request = request.header(*name, value.as_str());
    }
    let invalid = |error: ureq::http::Error| {
        Failure::lasting(Error::Unreachable { origin: origin.clone(), reason: error.to_string() })
    };
    let answer = if bodyless {
        let request = agent.configure_request(request.body(()).map_err(invalid)?);
        agent.run(request.timeout_global(Some(timeout)).build())
    } else {
        let request = agent.configure_request(request.body(&*message.body).map_err(invalid)?);
        agent.run(request.timeout_global(Some(timeout)).build())
    };
    let (parts, body) = answer.map_err(|error| explain(&error, &origin))?.into_parts();
    let status = parts.status.as_u16();
    let bytes = match (head, status) {
        (true, _) => Vec::new(),
        (false, 200..=299) => read_whole(body, message.limit, &origin)?,
        // Of an error only its words are of interest, and only if they come.
        (false, _) => read_some(body),
    };
    Ok(Answer { url, status, headers: parts.headers, body: bytes })
}

fn read_whole(body: ureq::Body, limit: usize, origin: &str) -> Result<Vec<u8>, Failure> {
    let too_large = || Failure::lasting(Error::TooLarge { place: origin.to_owned(), what: "the answer", limit });
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    if body.content_length().is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let read = body.into_reader().take(most.saturating_add(1)).read_to_end(&mut bytes);
    let truncated = |reason| Failure::passing(Error::Truncated { origin: origin.to_owned(), reason });
    read.map_err(|error| truncated(shown(&error.to_string())))?;
    if bytes.len() > limit { Err(too_large()) } else { Ok(bytes) }
}

fn read_some(body: ureq::Body) -> Vec<u8> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(budget::ERROR_BYTES).unwrap_or(u64::MAX);
    body.into_reader().take(limit).read_to_end(&mut bytes).ok();
    bytes
}

/// Connection trouble passes; a certificate that is not trusted does not.
fn explain(error: &ureq::Error, origin: &str) -> Failure {
    let (reason, passing) = match error {
        ureq::Error::Timeout(step) => (format!("no answer in time ({step})"), true),
        ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidMessage(_)) => {
                ("what it answers is not TLS: it may be plain HTTP".to_owned(), false)
            }
            Some(certificate) => (certificate.to_string(), false),
            None => (error.to_string(), true),
        },
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => (error.to_string(), true),
        ureq::Error::Protocol(_) | ureq::Error::ConnectProxyFailed(_) => (error.to_string(), true),
        other => (other.to_string(), false),
    };
    let absent = match error {
        ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        ureq::Error::HostNotFound => true,
        _ => false,
    };
    let error = Error::Unreachable { origin: origin.to_owned(), reason: shown(&reason) };
    Failure { error, passing, absent, wanted: None }
}
