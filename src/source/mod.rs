//! Text with places: files, spans, and YAML as nodes that know where they stand.

pub mod node;
mod source_map;
mod span;
pub mod yaml;

pub use node::{Mapping, Node, NodeKind, Scalar};
pub use source_map::SourceMap;
pub use span::{FileId, Span, Spanned};
