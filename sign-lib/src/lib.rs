//! Private keys, statements and signatures.
