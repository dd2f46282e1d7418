//! `docs/reference/breakglass.md`

use super::page::{Page, Shell};

#[test]
fn what_the_page_shows_comes_of_its_commands() {
    Page::read("docs/reference/breakglass.md").run(&mut Shell::new());
}
