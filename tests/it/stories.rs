//! stories.
