use super::*;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::Instant;

/// Answers in order, one connection each; keeps what was asked.
struct Stub {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, kept): (Vec<String>, _) =
            (answers.iter().map(|&answer| answer.to_owned()).collect(), Arc::clone(&asked));
        std::thread::spawn(move || {
            for (answer, stream) in answers.iter().zip(listener.incoming()) {
                let mut stream = stream.unwrap();
                kept.lock().unwrap().push(read_request(&mut stream));
                let (head, body) = answer.split_once('|').unwrap();
                let length = body.len();
                write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                    .unwrap();
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn service(&self) -> Service {
        Service::new(&self.url, &Options { deadline: Duration::from_secs(10), ..Options::default() }).unwrap()
    }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        text.push(byte[0]);
    }
    let mut text = String::from_utf8(text).unwrap().to_lowercase();
    let length =
        text.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |it| it.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    text.push_str(&String::from_utf8_lossy(&body));
    text
}

fn secret() -> Request {
    Request {
        content_type: Some("application/json"),
        body: Zeroizing::new(b"{\"secret\":1}".to_vec()),
        headers: vec![("authorization", Zeroizing::new("Bearer hush".to_owned()))],
        ..Request::default()
    }
}

#[test]
fn a_question_is_sent_whole_and_its_refusal_is_the_callers_to_judge() {
    let stub =
        Stub::start(&["400 Bad Request\r\ncontent-type: application/json|{\"code\":3,\"message\":\"no\\u001b such\"}"]);
    let reply = stub.service().post("/api/v2/x", &secret()).unwrap();
    assert_eq!((reply.status, reply.words().as_deref(), reply.detail().as_str()), (400, Some("no such"), ": no such"));
    assert!(!reply.is_success());
    let asked = &stub.asked()[0];
    assert!(asked.starts_with("post /api/v2/x http/1.1"), "{asked}");
    assert!(asked.contains("authorization: bearer hush") && asked.ends_with("{\"secret\":1}"), "{asked}");
}

#[test]
fn what_passes_is_waited_out_and_what_may_not_be_repeated_is_not() {
    let answers = ["502 Bad Gateway|", "429 Too Many\r\nretry-after: 0|", "201 Created|done"];
    let stub = Stub::start(&answers);
    assert_eq!(stub.service().post("", &Request::default()).unwrap().body, b"done");
    assert_eq!(stub.asked().len(), 3);
    let stub = Stub::start(&["503 Unavailable\r\ncontent-type: text/plain|come back\n", "200 OK|"]);
    let once = Request { repeatable: false, ..Request::default() };
    let error = stub.service().post("", &once).unwrap_err();
    assert_eq!((error.code(), stub.asked().len()), ("registry-failed", 1));
    assert!(error.to_string().ends_with("status 503: come back"), "{error}");
}

#[test]
fn who_is_patient_waits_until_the_deadline_for_a_service_that_is_started_again() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = Options { deadline: Duration::from_secs(20), ..Options::default() };
    let service = Service::new(&format!("http://{address}"), &options).unwrap();
    let patient = || Request { patient: true, ..Request::default() };
    let answers = move |body: &'static str| {
        let listener = TcpListener::bind(address).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            read_request(&mut stream);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        })
    };
    // Where nobody has ever answered, it may be the wrong address.
    let began = Instant::now();
    for request in [Request::default(), patient()] {
        assert_eq!(service.get("/", &request).unwrap_err().code(), "unreachable");
    }
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let first = answers("there");
    assert_eq!(service.get("/", &patient()).unwrap().body, b"there");
    first.join().unwrap();
    let again = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        answers("back").join().unwrap();
    });
    assert_eq!(service.get("/", &patient()).unwrap().body, b"back");
    again.join().unwrap();
}

#[test]
fn nobody_is_waited_for_at_a_port_where_nobody_is() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")] {
        let service = Service::new(&url, &Options { deadline: Duration::from_secs(30), ..Options::default() }).unwrap();
        let began = Instant::now();
        let patient = Request { patient: true, ..Request::default() };
        assert_eq!(service.get("/", &patient).unwrap_err().code(), "unreachable", "{url}");
        assert!(began.elapsed() < Duration::from_secs(15), "{url}: {:?}", began.elapsed());
    }
}

#[test]
fn a_question_may_have_less_time_than_all_of_them() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = Service::new(&url, &Options::default()).unwrap();
    let began = Instant::now();
    let brief = Request { within: Some(Duration::from_millis(300)), ..Request::default() };
    assert_eq!(service.get("/", &brief).unwrap_err().code(), "deadline-exceeded");
    assert!(began.elapsed() < Duration::from_secs(5) && service.time_left() > Duration::from_secs(50));
}

#[test]
fn what_is_written_is_not_sent_elsewhere_and_secrets_stay_where_they_were_sent() {
    let other = Stub::start(&["200 OK|there"]);
    // `localhost` is another origin than 127.0.0.1, and this very machine.
    let elsewhere = other.url.replace("127.0.0.1", "localhost");
    let redirect = format!("307 Temporary\r\nlocation: {elsewhere}/x|");
    let stub = Stub::start(&[&redirect, &redirect]);
    assert_eq!(stub.service().post("/y", &secret()).unwrap_err().code(), "redirect-refused");
    assert_eq!(stub.service().get("/y", &secret()).unwrap().body, b"there");
    assert!(!other.asked()[0].contains("authorization"), "{:?}", other.asked());
}

#[test]
fn an_answer_over_its_limit_is_refused() {
    for (limit, accepted) in [(5, true), (4, false)] {
        let stub = Stub::start(&["200 OK|12345"]);
        let reply = stub.service().get("/", &Request { limit, ..Request::default() });
        assert_eq!(reply.map_err(|error| error.code()).map(|_| ()), if accepted { Ok(()) } else { Err("too-large") });
    }
}

#[test]
fn an_address_is_absolute_and_encrypted_unless_it_is_this_machine() {
    let new = |url: &str| Service::new(url, &Options::default()).map(drop).map_err(|error| error.code());
    assert_eq!(new("https://fulcio.test"), Ok(()));
    assert_eq!(new("http://127.0.0.1:5555/base/"), Ok(()));
    assert_eq!(new("http://fulcio.test"), Err("plain-http-refused"));
    for url in ["fulcio.test", "ftp://fulcio.test", "https://user@fulcio.test/", ""] {
        assert_eq!(new(url), Err("not-a-service-address"), "{url}");
    }
    let long = |length: usize| new(&format!("https://f.test/{}", "x".repeat(length - 15)));
    assert_eq!((long(budget::ADDRESS_BYTES), long(budget::ADDRESS_BYTES + 1)), (Ok(()), Err("not-a-service-address")));
}

#[test]
fn a_path_is_appended_and_cannot_name_another_machine() {
    let at = |base: &str, path: &str| {
        let service = Service::new(base, &Options::default()).unwrap();
        service.at(path).map(|url| url.to_string()).map_err(|error| error.code())
    };
    assert_eq!(at("https://f.test/", "/api"), Ok("https://f.test/api".to_owned()));
    assert_eq!(at("https://f.test/a/v1", ""), Ok("https://f.test/a/v1".to_owned()));
    assert_eq!(
        at("https://f.test/t?v=2", "&audience=sigstore"),
        Ok("https://f.test/t?v=2&audience=sigstore".to_owned())
    );
    for path in [".evil.test/", "@evil.test/", ":81/"] {
        assert_eq!(at("https://f.test", path), Err("not-a-service-address"), "{path}");
    }
}

#[test]
fn nothing_secret_is_shown() {
    let shown = format!("{:?}", secret());
    assert!(!shown.contains("hush") && !shown.contains("secret"), "{shown}");
    let stub = Stub::start(&["200 OK|token"]);
    assert_eq!(format!("{:?}", stub.service().get("/", &secret()).unwrap()), "Reply(200, 5 bytes)");
}

#[test]
fn a_services_own_words_are_one_short_line() {
    assert_eq!(words(br#"{"error":"invalid_grant"}"#, None).as_deref(), Some("invalid_grant"));
    assert_eq!(words(br#"{"error":"x","error_description":"y"}"#, None).as_deref(), Some("y"));
    assert_eq!(words(b"<html>", Some("text/html")), None);
    assert_eq!(words(b"a\nb\n", Some("text/plain; charset=utf-8")).as_deref(), Some("ab"));
    assert_eq!(words(&[b'x'; 300], Some("text/plain")).map(|words| words.len()), Some(200));
}

#[test]
fn a_service_that_repeats_a_secret_is_not_quoted() {
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl";
    let asking = |content_type, body: &str| Request {
        content_type: Some(content_type),
        body: Zeroizing::new(body.as_bytes().to_vec()),
        headers: vec![("authorization", Zeroizing::new(format!("Bearer {token}")))],
        repeatable: false,
        ..Request::default()
    };
    let said = |words: &str, request: &Request| {
        let stub = Stub::start(&[&format!("400 Bad Request\r\ncontent-type: text/plain|{words}")]);
        stub.service().post("/x", request).unwrap().words().unwrap()
    };
    let plain = asking("text/plain", "what anybody may know");
    let form = asking("application/x-www-form-urlencoded", "code=hush&code_verifier=0123456789abcdef");
    let end = token.get(token.len() - budget::TELLING_BYTES..).unwrap();
    for (words, request) in
        [(format!("no: {token}"), &plain), (format!("no: {end}"), &plain), ("0123456789ab".to_owned(), &form)]
    {
        assert_eq!(said(&words, request), REPEATED, "{words}");
    }
    for words in ["no such what anybody may know".to_owned(), format!("no: {}", &end[1..])] {
        assert_eq!(said(&words, &plain), words);
    }
    let stub = Stub::start(&[&format!("503 No\r\ncontent-type: text/plain|no: {token}")]);
    let error = stub.service().post("/x", &plain).unwrap_err().to_string();
    assert!(error.contains(REPEATED) && !error.contains(end), "{error}");
}

#[test]
fn plain_http_to_another_machine_is_read_on_the_way() {
    let options = Options { plain_http: true, ..Options::default() };
    let is_private = |url| Service::new(url, &options).unwrap().is_private();
    assert!(is_private("https://a.test") && is_private("http://127.0.0.1:1") && is_private("http://localhost"));
    assert!(!is_private("http://a.test") && !is_private("http://10.0.0.1"));
}
