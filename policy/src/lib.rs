//! Verified evidence in, decision out.
