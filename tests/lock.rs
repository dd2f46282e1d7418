//! `mxward lock` and `mxward update`, against real name servers and against broken ones.

mod answers;
