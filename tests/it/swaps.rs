//! swaps.
