//! An OCI registry in one process, for trying and for tests.
