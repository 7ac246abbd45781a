//! A request for a certificate in PKCS#10 (RFC 2986), as sigstore-python sends it.

use crate::sigstore::{
    holder::{Holder, signature_hash},
    reader::{Reader, whole_bits},
};

/// The key of a request.
pub(super) struct Csr<'a> {
    pub(super) holder: Holder,
    info: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Csr<'a> {
    /// Reads a CertificationRequest. What else it asks for (a name, extensions) is the authority's to say, and is not read.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::of_sequence(der)?;
        let info = outer.take(0x30)?;
        let algorithm = outer.take(0x30)?.whole;
        let signature = whole_bits(outer.take(0x03)?)?;
        let mut fields = Reader::new(info.content);
        fields.take(0x02)?;
        fields.take(0x30)?;
        let holder = Holder::from_spki(fields.take(0x30)?.whole)?;
        outer.ended().then_some(Self { holder, info: info.whole, algorithm, signature })
    }

    /// Whether the key has signed the request.
    pub(super) fn is_signed(&self) -> bool {
        let hash = signature_hash(self.algorithm);
        hash.is_some_and(|hash| self.holder.has_signed_under(hash, self.info, self.signature))
    }
}
