//! What all checks share.

use super::difference::{MainCfDifference, Severity};
use super::requirements::Requirements;
use super::running::{Running, View};
use crate::diag::shell_word;
use std::collections::BTreeSet;

/// Where the configuration lies unless postconf(1) says otherwise.
const CONFIG_DIRECTORY: &str = "/etc/postfix";

/// Collects differences.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    pub(super) running: &'a Running,
    pub(super) required: &'a Requirements<'a>,
    found: BTreeSet<MainCfDifference>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(running: &'a Running, required: &'a Requirements<'a>) -> Self {
        Self { running, required, found: BTreeSet::new() }
    }

    pub(super) fn finish(self) -> Vec<MainCfDifference> {
        self.found.into_iter().collect()
    }

    /// main.cf itself.
    pub(super) fn main(&self) -> View<'a> {
        View { running: self.running, service: None }
    }

    /// The services that deliver what entries send by SMTP: `smtp`, and those that entries name.
    pub(super) fn smtp_views(&self) -> Vec<View<'a>> {
        self.running.smtp_views(self.required.services.iter().copied())
    }

    /// The services that decide where mail goes.
    pub(super) fn rewrite_views(&self) -> Vec<View<'a>> {
        self.running.rewrite_views()
    }

    /// A parameter that should have another value, and the command that sets it.
    pub(super) fn wrong(
        &mut self,
        view: View<'_>,
        severity: Severity,
        parameter: &str,
        needed: &str,
        why: &str,
    ) {
        let command = self.set(view, parameter, needed);
        self.tell(view, severity, parameter, Some(needed), why, Some(command));
    }

    /// The same, where no value would put it right by itself.
    pub(super) fn noted(&mut self, view: View<'_>, severity: Severity, parameter: &str, why: &str) {
        self.tell(view, severity, parameter, None, why, None);
    }

    /// A parameter that main.cf should not set.
    pub(super) fn unwanted(&mut self, severity: Severity, parameter: &str, why: &str) {
        let command = self.removal(parameter);
        self.tell(self.main(), severity, parameter, Some(""), why, Some(command));
    }

    /// Something that is no parameter.
    pub(super) fn other(&mut self, difference: MainCfDifference) {
        self.found.insert(difference);
    }

    /// A parameter that may need another value, and a command that puts it right.
    pub(super) fn tell(
        &mut self,
        view: View<'_>,
        severity: Severity,
        parameter: &str,
        needed: Option<&str>,
        why: &str,
        command: Option<String>,
    ) {
        let place = match view.owner(parameter) {
            Some(service) => format!("{}/{}/{parameter}", service.name, service.kind),
            None => parameter.to_owned(),
        };
        self.found.insert(MainCfDifference {
            severity,
            parameter: place,
            found: view.get(parameter).map(str::to_owned),
            needed: needed.map(str::to_owned),
            why: why.to_owned(),
            source: format!("postconf(5) {parameter}"),
            command,
        });
    }

    /// The command that sets a parameter where it is set now.
    fn set(&self, view: View<'_>, parameter: &str, value: &str) -> String {
        let equation = match value {
            "" => format!("{parameter} ="),
            value => format!("{parameter} = {value}"),
        };
        match view.owner(parameter) {
            Some(service) => {
                let place = format!("{}/{}/{equation}", service.name, service.kind);
                format!("{} -P {}", self.postconf(), shell_word(&place))
            }
            None => format!("{} -e {}", self.postconf(), shell_word(&equation)),
        }
    }

    /// The command that removes a parameter from main.cf.
    pub(super) fn removal(&self, parameter: &str) -> String {
        format!("{} -X {}", self.postconf(), shell_word(parameter))
    }

    /// postconf(1) for this configuration.
    fn postconf(&self) -> String {
        self.of_postfix("postconf")
    }

    /// The command that makes the index of a map from its text.
    pub(super) fn postmap(&self, map: &str) -> String {
        format!("{} {}", self.of_postfix("postmap"), shell_word(map))
    }

    /// A command of Postfix for this configuration.
    fn of_postfix(&self, command: &str) -> String {
        match self.running.get("config_directory") {
            None | Some("" | CONFIG_DIRECTORY) => command.to_owned(),
            Some(folder) => format!("{command} -c {}", shell_word(folder)),
        }
    }
}
