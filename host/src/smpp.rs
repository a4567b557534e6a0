//! smpp.
