//! What a timestamp says: TSTInfo (RFC 3161, 2.4.2).

use crate::{HashAlgorithm, Time, der};

pub(super) struct TstInfo<'a> {
    pub(super) imprint: Imprint<'a>,
    pub(super) time: Time,
    pub(super) authority: Option<&'a [u8]>,
}

/// The hash of what was shown to the authority.
pub(super) struct Imprint<'a> {
    pub(super) algorithm: HashAlgorithm,
    pub(super) hash: &'a [u8],
}

impl<'a> TstInfo<'a> {
    /// The policy, the serial number, the accuracy, the ordering and the nonce are the requester's business: not compared.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = der::Reader::inside(der::SEQUENCE, bytes)?;
        fields.next(der::INTEGER).filter(|&version| version == [1])?;
        fields.next(der::OID)?;
        let imprint = Imprint::parse(fields.next_inside(der::SEQUENCE)?)?;
        fields.next(der::INTEGER)?;
        let time = Time::parse_generalized(fields.next(der::GENERALIZED_TIME)?)?;
        for optional in [der::SEQUENCE, der::BOOLEAN, der::INTEGER] {
            let _accuracy_ordering_nonce = fields.next(optional);
        }
        let authority = match fields.next(der::CONTEXT_0) {
            Some(name) => Some(der::only(DIRECTORY_NAME, name)?),
            None => None,
        };
        if let Some(extensions) = fields.next_inside(der::CONTEXT_1) {
            none_is_critical(extensions)?;
        }
        fields.end(Self { imprint, time, authority })
    }
}

/// `[4]` of GeneralName, explicit, since a Name is a choice (RFC 5280, 4.2.1.6). No other kind can be compared.
const DIRECTORY_NAME: u8 = 0xa4;

impl<'a> Imprint<'a> {
    fn parse(mut fields: der::Reader<'a>) -> Option<Self> {
        let algorithm = super::hash_algorithm(fields.next(der::SEQUENCE)?)?;
        let hash = fields.next(der::OCTET_STRING)?;
        fields.end(Self { algorithm, hash })
    }
}

/// None is known, so none may demand to be understood.
fn none_is_critical(mut extensions: der::Reader<'_>) -> Option<()> {
    while !extensions.is_empty() {
        let mut extension = extensions.next_inside(der::SEQUENCE)?;
        extension.next(der::OID)?;
        extension.next(der::OCTET_STRING)?;
        extension.end(())?;
    }
    Some(())
}
