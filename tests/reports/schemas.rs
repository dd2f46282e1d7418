//! The files in `schemas/` that describe reports.
#![expect(clippy::disallowed_methods, reason = "reads and writes files of the project")]

use super::schema_file;
use crate::harness::{Test, assert_text};

#[test]
fn schemas_of_reports_are_what_the_program_prints() {
    for kind in [
        "breakglass-report",
        "check-report",
        "diff-report",
        "discover-report",
        "import-report",
        "logs-report",
        "plan",
        "plan-report",
        "probe-report",
        "report-line",
    ] {
        let file = schema_file(kind);
        let schema = Test::new().args(["schema", kind]).any_stdout().run().stdout;
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &schema).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert_text(kind, &written, &schema);
    }
}
