//! `postfix reload`, without which resumed TLS sessions and cached routes keep what was before.

use crate::world::Host;
use std::cell::RefCell;
use std::rc::Rc;

/// A Postfix that is told of changes.
pub struct Reload {
    /// Its host.
    pub host: Rc<RefCell<Box<dyn Host>>>,
    /// Its name in messages.
    pub name: String,
    /// The folder with its main.cf; `None` is the one that Postfix was built for.
    pub config: Option<String>,
}

impl Reload {
    /// Tells it; `false` when it does not run, and so needs no telling.
    ///
    /// # Errors
    ///
    /// What Postfix says, in a phrase.
    pub fn run(&self) -> Result<bool, String> {
        let command = |verb: &str| {
            let mut args = Vec::new();
            if let Some(config) = &self.config {
                args.extend(["-c", config.as_str()]);
            }
            args.push(verb);
            self.host.borrow_mut().run("postfix", &args, b"").map_err(|error| error.to_string())
        };
        if command("status")?.status != Some(0) {
            return Ok(false);
        }
        let output = command("reload")?;
        if output.status == Some(0) {
            return Ok(true);
        }
        let message = String::from_utf8_lossy(&output.stderr);
        let last = message.lines().last().unwrap_or("postfix reload failed");
        Err(crate::diag::printable(last).into_owned())
    }
}
