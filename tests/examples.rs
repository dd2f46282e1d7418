//! The repositories in `examples/`.

use crate::harness::Test;
use crate::harness::postmap::{lookup, postmap};

#[test]
fn a_written_key_is_found_by_postmap() {
    let test = Test::new().file("tls_policy", "gmail.com secure match=mx.google.com\n");
    let map = test.path().join("tls_policy");
    for map_type in ["hash", "lmdb", "cdb"] {
        let output = postmap(map_type, &map);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let found = lookup(map_type, &map, "GMail.com");
        assert_eq!(found.as_deref(), Some("secure match=mx.google.com"), "{map_type}");
        assert_eq!(lookup(map_type, &map, "mail.gmail.com"), None);
    }
}
