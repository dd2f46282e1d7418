//! The command around the discovery.
