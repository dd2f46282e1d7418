//! The page in a browser.

use super::driver::Browser;
use crate::harness::{Ran, Test, wait_for};
use serde_json::json;

/// How many entries the page says that it shows.
const COUNT: &str = "return document.getElementById('count').textContent";
/// The first cells of the rows.
const DOMAINS: &str =
    "return [...document.querySelectorAll('#body th')].map(it => it.textContent).join(' ')";
const BACKGROUND: &str = "return getComputedStyle(document.body).backgroundColor";
const SCROLL_WIDTH: &str = "return document.documentElement.scrollWidth";

fn hosting() -> Ran {
    Test::example("hosting")
        .args(["report", "--today", "2026-11-29", "--out", "page.html"])
        .stderr("Wrote page.html\n")
        .run()
}

#[track_caller]
fn shows(browser: &Browser, script: &str, text: &str) {
    wait_for(text, || (browser.text(script) == text).then_some(()));
}

#[test]
fn entries_are_shown_and_nothing_is_loaded() {
    let ran = hosting();
    let browser = Browser::open(&ran.path().join("page.html"), 1280);
    assert_eq!(browser.text("return document.title"), "Mail transport policy");
    shows(&browser, COUNT, "196 of 196 entries");
    assert_eq!(browser.script("return document.querySelectorAll('#body tr').length"), 100);
    assert_eq!(browser.text("return document.getElementById('page').textContent"), "Page 1 of 2");
    browser.click("#next");
    shows(&browser, "return document.querySelectorAll('#body tr').length", "96");
    let loaded = "return performance.getEntriesByType('resource').map(it => it.name).join()";
    assert_eq!(browser.text(loaded), "");
    assert_eq!(browser.console(), Vec::<String>::new());
}

#[test]
fn a_search_narrows_the_table() {
    let ran = hosting();
    let browser = Browser::open(&ran.path().join("page.html"), 1280);
    browser.type_into("#search", "TALNETZ bach");
    shows(&browser, COUNT, "2 of 196 entries");
    assert_eq!(browser.text(DOMAINS), "bachgarten.example bachoptik.example");
    browser.click("#head th:first-child button");
    shows(&browser, DOMAINS, "bachoptik.example bachgarten.example");
    browser.type_into("#search", " nothing");
    shows(&browser, COUNT, "0 of 196 entries");
    assert_eq!(browser.script("return document.getElementById('pages').hidden"), true);
    assert_eq!(browser.text("return document.getElementById('count').ariaLive"), "polite");
    browser.script(
        "const target = document.getElementById('target'), search = document.getElementById('search');
         [target.value, search.value] = [1, ''];
         target.dispatchEvent(new Event('change'))",
    );
    shows(&browser, COUNT, "3 of 3 entries");
    assert_eq!(
        browser.text(DOMAINS),
        "lab.partner.example [relay.hoster.example]:587 (every other domain)"
    );
    assert_eq!(browser.console(), Vec::<String>::new());
}

#[test]
fn dark_screens_and_narrow_ones() {
    let ran = hosting();
    let browser = Browser::open(&ran.path().join("page.html"), 1280);
    shows(&browser, COUNT, "196 of 196 entries");
    assert_eq!(browser.text(BACKGROUND), "rgb(255, 255, 255)");
    assert_eq!(browser.script(SCROLL_WIDTH), 1280);
    let scheme = json!({ "name": "prefers-color-scheme", "value": "dark" });
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "features": [scheme] }));
    shows(&browser, BACKGROUND, "rgb(20, 24, 29)");
    browser.width(360);
    shows(&browser, "return innerWidth", "360");
    assert_eq!(browser.script(SCROLL_WIDTH), 360);
    // What would have to be scrolled inside of the page, too.
    let cut = "return [...document.querySelectorAll('.scroll, select, input')]
        .filter(it => it.scrollWidth > it.clientWidth + 1 || it.getBoundingClientRect().right > 360)
        .map(it => it.id || it.ariaLabel).join()";
    assert_eq!(browser.text(cut), "");
    assert_eq!(browser.console(), Vec::<String>::new());
}
