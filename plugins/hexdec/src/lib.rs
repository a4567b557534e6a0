//! Example policy plugin.
