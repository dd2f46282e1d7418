//! What mxward reads of its environment.

/// The variables that change what it does, with what they do.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "CI",
        "set, and neither `false` nor `0`: as if `--locked` were given, but for `lock` and `update`",
    ),
    (
        "MXWARD_SSH",
        "the program and arguments that reach other hosts, instead of `ssh`; such as `ssh -F FILE`",
    ),
    ("NO_COLOR", "set and not empty: no colours where `--color` is `auto`"),
    ("SOURCE_DATE_EPOCH", "the date that `man` writes, in seconds since 1970"),
    ("COLUMNS", "how wide text on a terminal is"),
    ("GITHUB_ACTIONS", "`true`: lines may be commands to GitHub's runner"),
    ("GITHUB_WORKSPACE", "the folder that paths in reports start at, for GitHub"),
    ("CI_PROJECT_DIR", "the same, for GitLab"),
];
