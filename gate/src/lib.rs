//! Reference in, decision out.
