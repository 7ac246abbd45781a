//! The library in a WebAssembly module, asked by `run.mjs`: JSON in, text out.

mod wycheproof;

use bulla_verify::{Artifact, Bundle, Digest, Need, Time, Trust, TrustedRoot, VerifiedSigner, VerifyError, VerifyingKey, verify};
use serde::Deserialize;

#[derive(Deserialize)]
struct Question {
    bundle: String,
    digest: String,
    /// The public-good root where there is none.
    root: Option<String>,
    key: Option<String>,
    identity: String,
    issuer: String,
    now: i64,
}

fn answer(question: &Question) -> Result<(), String> {
    let coded = |error: VerifyError| error.code().to_owned();
    let root = question.root.as_ref().map_or_else(TrustedRoot::public_good, |json| TrustedRoot::parse(json.as_bytes(), Need::sigstore()));
    let mut trust = Trust::nobody().with_root(root.map_err(coded)?);
    if let Some(pem) = &question.key {
        trust = trust.with_key(VerifyingKey::from_pem(pem).map_err(|error| error.code().to_owned())?);
    }
    let artifact = Artifact::from_digest(Digest::parse(&question.digest).map_err(|error| error.to_string())?);
    let bundle = Bundle::parse(question.bundle.as_bytes()).map_err(coded)?;
    let verified = verify(&bundle, &artifact, &trust, Time::from_unix(question.now)).map_err(coded)?;
    match verified.signer() {
        VerifiedSigner::Certificate { certificate: signer, .. }
            if signer.identity().as_str() != question.identity || signer.issuer() != question.issuer =>
        {
            Err("another signer".to_owned())
        }
        VerifiedSigner::Certificate { .. } | VerifiedSigner::Key { .. } => Ok(()),
    }
}

/// Room for `length` bytes, which the next call takes over.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    Box::leak(vec![0; length].into_boxed_slice()).as_mut_ptr()
}

/// Answers the question at `room`: an empty text for an accepted bundle, or the code of the refusal.
///
/// # Safety
/// `room` and `length` are those of the last call of [`room`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ask(room: *mut u8, length: usize) -> *const Text {
    // SAFETY: the caller's promise.
    let json = unsafe { Box::from_raw(core::ptr::slice_from_raw_parts_mut(room, length)) };
    let answered = match serde_json::from_slice(&json) {
        Ok(question) => answer(&question),
        Err(error) => Err(format!("not a question: {error}")),
    };
    Text::leak(answered.err().unwrap_or_default())
}

/// Google's vectors: `<set>: <accepted>, <refused>` in lines, or what was judged wrong.
#[unsafe(no_mangle)]
pub extern "C" fn wycheproof() -> *const Text {
    Text::leak(wycheproof::verdicts())
}

/// Where a text is; never freed, since the module lives as long as its run.
#[repr(C)]
pub struct Text {
    start: *const u8,
    length: usize,
}

impl Text {
    fn leak(text: String) -> *const Self {
        let text = text.leak();
        Box::leak(Box::new(Self { start: text.as_ptr(), length: text.len() }))
    }
}
