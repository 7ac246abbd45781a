//! Who refers to a manifest: the referrers API, or the tag that stands in for it.

use super::{Registry, unexpected};
use crate::auth::token::Scope;
use crate::budget;
use crate::error::Error;
use crate::http::Ask;
use crate::http::url::Url;
use crate::http::wire::Answer;
use crate::manifest::{Descriptor, OCI_INDEX};
use crate::store::document::{self, Document};
use bulla_verify::Digest;
use ureq::http::Method;

/// What the referrers endpoint said.
pub(super) enum Listing {
    /// The registry keeps the list.
    Kept(Vec<Descriptor>),
    /// It says that it has no such endpoint.
    NoApi,
    /// Something that is neither: some registries without the API answer with 400, 405 or a web page.
    Unclear(Error),
}

impl Registry {
    /// The list, from wherever the registry keeps it. Only a registry that answers *there is none* yields an empty
    /// list; every other answer is an error (in peers an error here reads as "unsigned").
    pub(super) fn all_referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Error> {
        match self.ask_api(subject, Scope::Pull)? {
            Listing::Kept(list) => Ok(list),
            Listing::NoApi => Ok(self.listed_by_tag(subject)?.unwrap_or_default()),
            Listing::Unclear(error) => self.listed_by_tag(subject)?.ok_or(error),
        }
    }

    /// The referrers API (OCI distribution specification, "Listing Referrers"), all pages of it. We do not let the
    /// registry filter: its idea of an artifact type may not be ours. The pages together are as large at most as the one
    /// index that the fallback tag has instead.
    pub(super) fn ask_api(&self, subject: &Digest, scope: Scope) -> Result<Listing, Error> {
        let mut list = Vec::new();
        let mut left = budget::MANIFEST_BYTES;
        let first = self.url(&format!("referrers/{subject}"));
        let mut next = Some(first.clone());
        for page in 0..budget::PAGES {
            let Some(url) = next else { return Ok(Listing::Kept(list)) };
            let mut ask = Ask::new(Method::GET, url, scope);
            ask.accept = Some(OCI_INDEX);
            ask.limit = left;
            let answer = match self.client.ask(&ask) {
                Err(error @ Error::ServerFailed { status: 501, .. }) if page == 0 => {
                    return Ok(Listing::Unclear(error));
                }
                Err(Error::TooLarge { .. }) => {
                    let (what, limit) = ("the list of referrers", budget::MANIFEST_BYTES);
                    return Err(Error::TooLarge { place: self.name.clone(), what, limit });
                }
                other => other?,
            };
            let own = answer.url.origin == self.client.origin;
            match answer.status {
                200 if is_index(&answer) => {}
                404 if page == 0 && own => return Ok(Listing::NoApi),
                200 | 400 | 404 | 405 | 406 if page == 0 => {
                    return Ok(Listing::Unclear(unexpected(&answer, "the question for referrers")));
                }
                _ => return Err(unexpected(&answer, "the question for referrers")),
            }
            left = left.saturating_sub(answer.body.len());
            list.extend(document::entries(&answer.body, &self.name)?);
            if list.len() > budget::REFERRERS {
                return Err(self.too_many("referrers", budget::REFERRERS));
            }
            next = self.next_page(&answer, &first)?;
        }
        if next.is_some() { Err(self.too_many("pages", budget::PAGES)) } else { Ok(Listing::Kept(list)) }
    }

    /// What the fallback tag lists; nothing when the registry says that there is no such tag.
    fn listed_by_tag(&self, subject: &Digest) -> Result<Option<Vec<Descriptor>>, Error> {
        let manifest = self.fetch(&fallback_tag(subject), Scope::Pull, budget::MANIFEST_BYTES)?;
        manifest.map(|manifest| document::entries(&manifest.bytes, &self.name)).transpose()
    }

    /// The index under the fallback tag, to be added to; nothing when the registry says that there is no such tag.
    pub(super) fn standing_in(&self, subject: &Digest, scope: Scope) -> Result<Option<Document>, Error> {
        let manifest = self.fetch(&fallback_tag(subject), scope, budget::MANIFEST_BYTES)?;
        manifest.map(|manifest| Document::parse(&manifest.bytes, &self.name)).transpose()
    }

    /// The page that a `Link` header names (RFC 8288), if it continues the same list.
    pub(super) fn next_page(&self, answer: &Answer, first: &Url) -> Result<Option<Url>, Error> {
        let refuse = |why: &str| Error::Malformed { place: self.name.clone(), what: "link", why: why.to_owned() };
        let Some(link) = answer.header("link").filter(|link| is_next(link)) else { return Ok(None) };
        let target = link.trim_start().strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let (target, _) = target.ok_or_else(|| refuse("no address in it"))?;
        let url = answer.url.join(target).ok_or_else(|| refuse("not an address"))?;
        let path = |url: &Url| url.path.split('?').next().unwrap_or_default().to_owned();
        if url.origin != self.client.origin || path(&url) != path(first) {
            return Err(refuse("it leads away from the list"));
        }
        Ok(Some(url))
    }

    pub(super) fn too_many(&self, what: &'static str, limit: usize) -> Error {
        Error::TooMany { place: self.name.clone(), what, limit }
    }
}

/// `sha256-<hex>` (OCI distribution specification, "Referrers Tag Schema").
pub(super) fn fallback_tag(subject: &Digest) -> String {
    format!("sha256-{}", subject.to_hex())
}

fn is_index(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(OCI_INDEX))
}

fn is_next(link: &str) -> bool {
    link.split(';').skip(1).any(|parameter| {
        let parameter = parameter.replace([' ', '"'], "").to_ascii_lowercase();
        parameter == "rel=next"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_next_link_continues() {
        assert!(is_next(r#"</v2/app/referrers/x?n=1>; rel="next""#));
        assert!(is_next("</x>;rel=next"));
        assert!(!is_next(r#"</x>; rel="prev""#));
        assert!(!is_next("</rel=next>"));
    }
}
