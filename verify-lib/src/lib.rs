//! Verification of signatures, certificate chains and provenance: bytes in, proof out.
