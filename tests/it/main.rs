//! Stories.

mod policy;
