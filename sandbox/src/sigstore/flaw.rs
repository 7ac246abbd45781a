//! What an authority can do wrong on purpose.

/// One thing that an authority does wrong, and signs all the same: nothing but the check for it can notice. For the tests
/// of verifiers, as [`crate::Fault`] is for those of registry clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The certificate of the issuing authority ran out an hour ago.
    IssuerExpired,
    /// The certificate of the issuing authority says that it is none.
    IssuerIsNoAuthority,
    /// Its key is for signatures, and not for certificates.
    IssuerForSignatures,
    /// The root allows no authority beneath it, and there is one.
    PathTooLong,
    /// The signer's certificate does not say that it is for signing code.
    NoUsage,
    /// Its key is for certificates, and not for signatures.
    NotForSignatures,
    /// It names nobody.
    NoName,
    /// It names two people.
    TwoNames,
    /// It names a host.
    HostName,
    /// It names somebody in a way that nobody has defined.
    UnknownName,
    /// It does not say who vouched for the name.
    NoOidcIssuer,
    /// It says it twice, and not the same.
    TwoOidcIssuers,
    /// It says the same twice.
    OidcIssuerTwice,
    /// It says that nobody did.
    EmptyOidcIssuer,
    /// It names a repository in a form that cannot be read.
    UnreadableRepository,
    /// It names two repositories.
    TwoRepositories,
    /// The certificate log was shown another issuer.
    SctOfAnotherIssuer,
    /// The certificate log's one promise is there twice.
    SctTwice,

    /// The certificate of the authority above the timestamps ran out an hour ago.
    TimestampingIssuerExpired,
    /// The certificate that signs timestamps ran out an hour ago.
    TimestamperExpired,
    /// It may sign code too.
    TimestamperForMore,
    /// It says what it is for, and that whoever does not understand that may use it for anything.
    TimestamperNotCritical,
    /// Its key is for certificates, and not for signatures.
    TimestamperNotForSignatures,
    /// The response says that the request was rejected.
    TimestampRejected,
    /// What is signed is said to be of another kind, outside of what is signed.
    TimestampContentOfAnotherKind,
    /// The same, inside.
    TimestampOfAnotherKind,
    /// The signed digest is of another content.
    TimestampOfAnotherContent,
    /// The signed certificate identifier is of another certificate.
    TimestampOfAnotherCertificate,
    /// The signed digest is there twice.
    TimestampDigestTwice,
    /// The authority calls itself by another name.
    TimestampInAnotherName,
    /// The signer is there twice.
    TimestampOfTwoSigners,
    /// What is said cannot be understood without an extension that nobody knows.
    TimestampWithCriticalExtension,
    /// So many certificates come along: no flaw, up to a number.
    TimestampCertificates(usize),

    /// The logged signature is another one of the same key over the same bytes.
    EntryOfAnotherSignature,
    /// The logged hash is another artifact's.
    EntryOfAnotherArtifact,
    /// The logged certificate is another one of the same key and name.
    EntryOfAnotherCertificate,
    /// What is logged is a key without a certificate, and another's.
    EntryOfAnotherKey,
    /// The logged document says that it is of another kind.
    EntryOfAnotherKind,
    /// The logged envelope has two signatures; one of an artifact is none.
    EntryOfTwoSignatures,
    /// The checkpoint's signature line is in another name.
    CheckpointInAnotherName,

    /// The certificate is for another key than was shown.
    CertificateOfAnotherKey,
    /// The certificate log is not asked.
    NoSct,
    /// The certificate is issued by an authority that no root lists.
    UntrustedChain,
    /// The proof of the entry's inclusion is another entry's.
    ProofOfAnotherEntry,
    /// The timestamp answers another request: its nonce is wrong.
    TimestampOfAnotherNonce,
    /// The timestamp is about something else.
    TimestampOfAnotherImprint,
    /// Identity tokens ran out an hour ago.
    TokenExpired,
    /// Identity tokens are for another service.
    TokenForAnother,
    /// Identity tokens are valid from an hour on.
    TokenOfTheFuture,
    /// Identity tokens are signed with a key that the issuer does not list.
    TokenOfAnotherKey,
}
