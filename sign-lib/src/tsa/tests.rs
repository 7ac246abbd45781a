use super::*;
use crate::stub::Stub;

const SOON: Duration = Duration::from_secs(5);

/// What a [`Stub`] answers: the question's own nonce and imprint, unless they are spoiled.
fn response(status: u8, imprint: &[u8], nonce: &[u8]) -> Vec<u8> {
    // Without a signature: whose it is, is for the verification to say.
    let algorithm = sequence(&[&tagged(OBJECT_IDENTIFIER, &SHA256)]);
    let imprint = sequence(&[&algorithm, &tagged(OCTET_STRING, imprint)]);
    let accuracy = sequence(&[&tagged(INTEGER, &[1])]);
    let parts: [&[u8]; 7] = [
        &tagged(INTEGER, &[1]),
        &tagged(OBJECT_IDENTIFIER, &[0x2a]),
        &imprint,
        &tagged(INTEGER, &[9]),
        &tagged(0x18, b"20261125120000Z"),
        &accuracy,
        &tagged(INTEGER, nonce),
    ];
    let info = sequence(&parts);
    let encapsulated =
        sequence(&[&tagged(OBJECT_IDENTIFIER, &[0x2b]), &tagged(CONTEXT_0, &tagged(OCTET_STRING, &info))]);
    let signed = sequence(&[&tagged(INTEGER, &[3]), &tagged(0x31, &[]), &encapsulated]);
    let token = sequence(&[&tagged(OBJECT_IDENTIFIER, &[0x2a]), &tagged(CONTEXT_0, &signed)]);
    sequence(&[&sequence(&[&tagged(INTEGER, &[status])]), &token])
}

/// The imprint and the nonce of a question.
fn asked(question: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (request, _) = element(SEQUENCE, question).unwrap();
    let (_version, rest) = element(INTEGER, request).unwrap();
    let (imprint, rest) = element(SEQUENCE, rest).unwrap();
    let (_algorithm, hash) = element(SEQUENCE, imprint).unwrap();
    let (nonce, certificate) = element(INTEGER, rest).unwrap();
    assert_eq!(certificate, [1, 1, 0xff], "the authority's certificate is asked for");
    (element(OCTET_STRING, hash).unwrap().0.to_vec(), nonce.to_vec())
}

#[track_caller]
fn stamped(spoil: fn(&mut Vec<u8>, &mut Vec<u8>), status: u8) -> Result<Vec<u8>, SigstoreError> {
    let stub = Stub::start(move |question| {
        let (mut imprint, mut nonce) = asked(&question.body);
        spoil(&mut imprint, &mut nonce);
        (201, "content-type: application/timestamp-reply\r\n", response(status, &imprint, &nonce))
    });
    stamp(&stub.service(), b"signature", SOON)
}

#[test]
fn a_timestamp_is_taken_if_it_answers_the_question() {
    assert!(stamped(|_, _| {}, 0).is_ok());
    assert!(stamped(|_, _| {}, 1).is_ok());
}

#[test]
fn another_nonce_or_imprint_is_refused() {
    let nonce = stamped(|_, nonce| nonce[7] ^= 1, 0).unwrap_err();
    assert_eq!(nonce.code(), "timestamp-nonce");
    let imprint = stamped(|imprint, _| imprint[0] ^= 1, 0).unwrap_err();
    assert_eq!(imprint.code(), "timestamp-imprint");
}

#[test]
fn an_authority_that_rejects_is_heard() {
    let words = sequence(&[&tagged(INTEGER, &[2]), &sequence(&[&tagged(0x0c, b"bad\x1b request")])]);
    let rejection = sequence(&[&words]);
    let nonce = Nonce::new().unwrap();
    let error = check("https://tsa.test", &rejection, &[0; 32], nonce).unwrap_err();
    assert_eq!(error.code(), "timestamp-not-granted");
    assert!(error.to_string().ends_with("status 2: bad request"), "{error}");
}

#[test]
fn what_is_no_response_is_malformed() {
    let whole = response(0, &[0; 32], &[0x41; 8]);
    let trailing = [&whole[..], &[0]].concat();
    for bytes in [&[][..], &whole[..whole.len() - 1], &trailing, b"<html>"] {
        let error = check("u", bytes, &[0; 32], Nonce([0x41; 8])).unwrap_err();
        assert_eq!(error.code(), "timestamp-authority-malformed", "{bytes:?}");
    }
    assert!(check("u", &whole, &[0; 32], Nonce([0x41; 8])).is_ok());
}

#[test]
fn a_nonce_is_one_positive_integer_and_never_the_same() {
    let nonces: Vec<_> = (0..1000).map(|_| Nonce::new().unwrap().0).collect();
    assert!(nonces.iter().all(|nonce| (0x40..0x80).contains(&nonce[0])));
    assert!(nonces.iter().enumerate().all(|(at, nonce)| !nonces[..at].contains(nonce)));
}

#[test]
fn a_response_over_its_limit_is_not_read() {
    for (size, code) in [
        (budget::TIMESTAMP_BYTES, "timestamp-authority-malformed"),
        (budget::TIMESTAMP_BYTES + 1, "timestamp-authority-unavailable"),
    ] {
        let stub = Stub::start(move |_| (200, "", vec![0; size]));
        assert_eq!(stamp(&stub.service(), b"signature", SOON).unwrap_err().code(), code, "{size}");
    }
}

#[test]
fn the_question_is_as_openssl_writes_it() {
    // `openssl ts -query -sha256 -cert -digest …`, with this nonce.
    let imprint = [0xab; 32];
    let expected = concat!(
        "30430201013031300d060960864801650304020105000420",
        "abababababababababababababababababababababababababababababababab",
        "02084142434445464748",
        "0101ff"
    );
    let hex: String = question(&imprint, Nonce(*b"ABCDEFGH")).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, expected);
}
