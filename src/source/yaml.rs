//! YAML text to nodes (placeholder).

/// The largest YAML file that is read: 1 GiB.
pub const MAX_BYTES: usize = 1 << 30;
