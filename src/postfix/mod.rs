//! Postfix's own rules: levels, policies, next hops, transports, search orders, promises (placeholder).
