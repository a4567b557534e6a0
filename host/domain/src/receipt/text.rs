//! Receipt text.
