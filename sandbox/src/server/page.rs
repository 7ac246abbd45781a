//! What a person sees who opens the sandbox in a browser.

use super::{Part, Shared, ledger::Entry};
use crate::{
    budget,
    http::Answer,
    sigstore::{hex, pem, reader::Certificate},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::Time;
use serde_json::Value;

/// `/`: what has been signed, the latest first.
pub(crate) fn answer(shared: &Shared) -> Answer {
    let parts: Vec<_> = shared.parts.iter().map(|part| part.name()).collect();
    let mut text = format!("<p>At {}: {}.</p>\n", escaped(&shared.url), escaped(&parts.join(", ")));
    let mut rows = String::new();
    for (part, ledger) in [(Part::Rekor, &shared.rekor), (Part::RekorV1, &shared.rekor_v1)] {
        let size = ledger.size();
        if size > budget::PAGE_ENTRIES {
            text.push_str(&format!(
                "<p>{} has {size} entries: the latest {}.</p>\n",
                part.name(),
                budget::PAGE_ENTRIES
            ));
        }
        for index in (0..size).rev().take(budget::PAGE_ENTRIES) {
            rows.extend(ledger.entry(index).map(|entry| row(part, index, &entry)));
        }
    }
    if rows.is_empty() {
        text.push_str("<p>Nothing has been signed yet.</p>");
    } else {
        let head = ["log", "index", "time", "kind", "signer", "digest"].map(|name| format!("<th>{name}</th>")).concat();
        text.push_str(&format!("<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n{DIGESTS}"));
    }
    Answer::page(200, &around("what has been signed", &text))
}

/// Whoever looks for an image's digest here would not find it.
const DIGESTS: &str = "<p>A log knows digests alone: of a file its own, of an image or an attestation that of the statement about it.</p>";

fn row(part: Part, index: usize, entry: &Entry) -> String {
    let Signed { who, what, kind } = signed(&entry.body);
    let who = who.unwrap_or_else(|| if index == 0 { "the log itself" } else { "a key" }.to_owned());
    let time = Time::from_unix(entry.seconds).to_string();
    let cells = [part.name(), &index.to_string(), &time, &kind, &who, &what];
    let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
    format!("<tr>{cells}</tr>\n")
}

/// A whole page around something that is HTML already.
pub(crate) fn around(title: &str, html: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>bulla sandbox: {title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>{STYLE}</style></head><body>\n\
         <h1>bulla sandbox: {title}</h1>\n<p class=\"warning\" role=\"note\">This is <strong>not a production root of trust</strong>: \
         whoever can reach it can sign in anybody&#39;s name.</p>\n<main>{html}</main></body></html>\n"
    )
}

/// A table where there is room for one; on a telephone each entry is a few lines, and nothing is out of sight.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1b1b;background:#fff}\
h1{font-size:1.4rem}.warning{border-left:.4rem solid #b45309;background:#fef3c7;padding:.5rem 1rem}p::first-letter{text-transform:uppercase}\
input,button{font:inherit}label{display:inline-block;margin:0 1rem .5rem 0}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ccc;vertical-align:top}\
td{font-family:ui-monospace,monospace;font-size:.85rem;overflow-wrap:anywhere}td:nth-child(-n+4){white-space:nowrap}\
@media(max-width:60rem){thead{display:none}tr{display:block;border-bottom:1px solid #ccc;padding:.3rem 0}\
td{display:inline-block;border:0;padding:0 .8rem 0 0}}";

/// Text that a browser shows and does not read.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if c.is_control() => html.push('\u{fffd}'),
            c => html.push(c),
        }
    }
    html
}

/// What the page says of an entry.
struct Signed {
    /// Nobody where it is a bare key.
    who: Option<String>,
    what: String,
    kind: String,
}

fn signed(body: &[u8]) -> Signed {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |path: &str| body.pointer(path).and_then(Value::as_str);
    let decoded = |path: &str| text(path).and_then(|it| STANDARD.decode(it).ok());
    let kind = format!("{} {}", text("/kind").unwrap_or("?"), text("/apiVersion").unwrap_or("?"));
    let v2 = "/spec/hashedRekordV002";
    let certificate = decoded(&format!("{v2}/signature/verifier/x509Certificate/rawBytes")).or_else(|| {
        let pem = decoded("/spec/signature/publicKey/content").or_else(|| decoded("/spec/signatures/0/verifier"))?;
        pem::read(std::str::from_utf8(&pem).ok()?, "CERTIFICATE")
    });
    let name = certificate.as_deref().and_then(|der| Certificate::parse(der)?.name());
    let digest = decoded(&format!("{v2}/data/digest")).map(|digest| hex(&digest));
    let v1 = || text("/spec/data/hash/value").or_else(|| text("/spec/payloadHash/value")).map(str::to_owned);
    Signed { who: name, what: digest.or_else(v1).unwrap_or_else(|| "?".to_owned()), kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_cell() {
        assert_eq!(escaped("<b a='\"'>&\u{1b}"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}");
    }
}
