//! Which RSA keys are read at all, on both libraries and for every use.

use crate::der;

/// Larger moduli cost a verifier dearly (CVE-2023-29409), smaller ones are broken.
pub(crate) const RSA_BITS: core::ops::RangeInclusive<usize> = 2048..=4096;

/// The size of the modulus of an RSAPublicKey (RFC 8017, A.1.1); nothing if it is not one, in DER.
pub(crate) fn rsa_modulus_bits(key: &[u8]) -> Option<usize> {
    let mut numbers = der::Reader::inside(der::SEQUENCE, key)?;
    let [modulus, _exponent] = [positive(numbers.next(der::INTEGER)?)?, positive(numbers.next(der::INTEGER)?)?];
    let &first = modulus.first()?;
    let leading = usize::try_from(first.leading_zeros()).ok()?;
    numbers.end(modulus.len() * 8 - leading)
}

/// The digits of a minimal INTEGER above zero.
fn positive(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, digits @ ..] if digits.first().is_some_and(|first| first & 0x80 != 0) => Some(digits),
        [first, ..] if (1..0x80).contains(first) => Some(content),
        _ => None,
    }
}
