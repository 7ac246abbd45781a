//! Registries and layouts: the only sockets.
