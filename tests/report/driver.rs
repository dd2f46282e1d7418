//! A browser, driven through chromedriver(1) over the loopback interface.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

use crate::harness::{path, wait_for};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What keeps Chromium from talking to anybody, and its pages from moving by themselves.
const ARGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
];

/// Chromium with one window; it ends with this value.
pub(super) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    home: TempDir,
}

impl Browser {
    /// Opens a file in a window of this width.
    pub(super) fn open(file: &Path, width: u32) -> Self {
        let home = tempfile::Builder::new().prefix("mxward-browser-").tempdir().unwrap();
        let said = home.path().join("driver.log");
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .env_clear()
            .env("PATH", path())
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .stdin(Stdio::null())
            .stdout(File::create(&said).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is not installed: apt-get install chromium chromium-driver");
        let mut browser = Self { driver, port: 0, session: String::new(), home };
        browser.port = wait_for("the port of chromedriver", || {
            let said = std::fs::read_to_string(&said).ok()?;
            let (_, port) = said.split_once("started successfully on port ")?;
            port.split_once('.')?.0.parse().ok()
        });
        let data = format!("--user-data-dir={}", browser.home.path().join("data").display());
        let args: Vec<&str> = ARGS.iter().copied().chain([data.as_str()]).collect();
        let wanted = json!({
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let made = browser.ask("POST", "", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        made["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        browser.width(width);
        browser.ask("POST", "/url", &json!({ "url": format!("file://{}", file.display()) }));
        browser
    }

    /// Makes the page this wide, which a window of Chromium itself cannot be on small screens.
    pub(super) fn width(&self, width: u32) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// A command of Chromium's own protocol for tools.
    pub(super) fn devtools(&self, command: &str, params: &Value) {
        self.ask("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": params }));
    }

    /// What a script returns.
    pub(super) fn script(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What a script returns, as text.
    pub(super) fn text(&self, script: &str) -> String {
        let found = self.script(script);
        found.as_str().map_or_else(|| found.to_string(), str::to_owned)
    }

    /// Types into an element.
    pub(super) fn type_into(&self, selector: &str, text: &str) {
        let path = self.element(selector) + "/value";
        self.ask("POST", &path, &json!({ "text": text }));
    }

    /// Clicks on an element.
    pub(super) fn click(&self, selector: &str) {
        let path = self.element(selector) + "/click";
        self.ask("POST", &path, &json!({}));
    }

    fn element(&self, selector: &str) -> String {
        let by = json!({ "using": "css selector", "value": selector });
        let found = self.ask("POST", "/element", &by);
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        format!("/element/{id}")
    }

    /// Everything that the console says: errors, and what the content security policy blocked.
    pub(super) fn console(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", &json!({ "type": "browser" }));
        let message = |it: &Value| it["message"].as_str().unwrap().to_owned();
        log.as_array().unwrap().iter().map(message).collect()
    }

    /// Asks chromedriver, and fails with what it says of an error.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let session = if self.session.is_empty() { "" } else { "/" };
        let path = format!("/session{session}{}{path}", self.session);
        let answer = self.http(method, &path, &body.to_string()).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let value = &answer["value"];
        assert!(value["error"].is_null(), "{path}: {}: {}", value["error"], value["message"]);
        value.clone()
    }

    fn http(&self, method: &str, path: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            let line = line.to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer)?;
        String::from_utf8(answer).map_err(std::io::Error::other)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session; a test that failed has something else to say.
        if !self.session.is_empty() {
            let _ignored = self.http("DELETE", &format!("/session/{}", self.session), "");
        }
        let _ignored = self.driver.kill();
        let _ignored = self.driver.wait();
    }
}
