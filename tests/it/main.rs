//! Stories.

mod contracts;
