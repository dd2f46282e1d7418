//! A world of recorded files and answers, for tests.
