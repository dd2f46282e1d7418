//! What every command needs.

use super::args::{Global, Validation};
use super::exit::Exit;
use super::printer::Printer;
use crate::compile::{Compiled, LOCK_FILE, Repository, Stopped, compile};
use crate::deployed::Hosts;
use crate::diag::{Diagnostics, nearest, printable};
use crate::lock::LockMode;
use crate::model::{DnsConfig, Target};
use crate::names::DomainName;
use crate::source::SourceMap;
use crate::world::{DnsSettings, DnsValidation, Files, World, parse_server};
use std::path::PathBuf;

/// The world, the global flags and the streams of one run.
pub struct Context<'a, 'p> {
    /// The door to everything outside.
    pub world: &'a dyn World,
    /// The global flags.
    pub global: &'a Global,
    /// The two streams.
    pub printer: &'a mut Printer<'p>,
}

impl<'a> Context<'a, '_> {
    /// Reads the repository; messages are shown when it is invalid.
    ///
    /// # Errors
    ///
    /// The status to exit with; everything was said.
    pub fn load(&mut self, diagnostics: &mut Diagnostics) -> Result<Repository, Exit> {
        match self.world.repository(&self.global.directory) {
            Ok(files) => Ok(Repository::load(&*files, diagnostics)),
            Err(error) => {
                let folder = self.global.directory.display().to_string();
                self.printer.error(&format!("cannot read `{}`: {error}", printable(&folder)));
                Err(Exit::Failed)
            }
        }
    }

    /// Reads and compiles the repository. A lock that was filled is written, and what was added is
    /// told; warnings are shown.
    ///
    /// # Errors
    ///
    /// The status to exit with; everything was said.
    pub fn compile(&mut self, mode: LockMode) -> Result<Compiled, Exit> {
        let mut diagnostics = Diagnostics::new();
        let repository = self.load(&mut diagnostics)?;
        let dns = match self.dns(&repository.config.dns) {
            Ok(dns) => dns,
            Err(message) => {
                self.printer.error(&message);
                return Err(Exit::Usage);
            }
        };
        let result = compile(self.world, repository, mode, &dns, &mut diagnostics);
        diagnostics.sort();
        match result {
            Ok(compiled) => {
                self.printer.diagnostics(&diagnostics, &compiled.repository.sources);
                self.write_lock(&compiled)?;
                Ok(compiled)
            }
            Err((stopped, repository)) => {
                Err(self.stopped(stopped, &diagnostics, &repository.sources))
            }
        }
    }

    /// Compiles another source of files as it is, without network: a revision of the repository.
    ///
    /// # Errors
    ///
    /// The status to exit with; everything was said.
    pub fn compile_files(&mut self, files: &dyn Files) -> Result<Compiled, Exit> {
        let mut diagnostics = Diagnostics::new();
        let repository = Repository::load(files, &mut diagnostics);
        let dns = DnsSettings::default();
        let result = compile(self.world, repository, LockMode::Frozen, &dns, &mut diagnostics);
        diagnostics.sort();
        result.map_err(|(stopped, repository)| {
            self.stopped(stopped, &diagnostics, &repository.sources)
        })
    }

    /// Shows why a compilation stopped.
    fn stopped(
        &mut self,
        stopped: Stopped,
        diagnostics: &Diagnostics,
        sources: &SourceMap,
    ) -> Exit {
        if stopped == Stopped::LockOutdated {
            return self.lacks_facts(diagnostics, sources);
        }
        self.printer.diagnostics(diagnostics, sources);
        if stopped == Stopped::CouldNot { Exit::Failed } else { Exit::Findings }
    }

    /// Shows which facts the lock lacks, and what keeps them from being looked up.
    pub fn lacks_facts(&mut self, diagnostics: &Diagnostics, sources: &SourceMap) -> Exit {
        self.printer.diagnostics(diagnostics, sources);
        self.printer.error(&format!(
            "`{LOCK_FILE}` lacks facts, and {} keeps them from being looked up: run `mxward lock`",
            self.lock_reason()
        ));
        Exit::LockOutdated
    }

    fn write_lock(&mut self, compiled: &Compiled) -> Result<(), Exit> {
        if compiled.lock_events.is_empty() {
            return Ok(());
        }
        let path = self.global.directory.join(LOCK_FILE);
        if let Err(error) = self.world.write(&path, compiled.repository.lock.write().as_bytes()) {
            self.printer.error(&format!("cannot write `{LOCK_FILE}`: {error}"));
            return Err(Exit::Failed);
        }
        for event in &compiled.lock_events {
            self.printer.note(&event.to_string());
        }
        Ok(())
    }

    /// What the lock may be used for by a command that does not exist for changing it.
    pub fn lock_mode(&self) -> LockMode {
        let (offline, locked) = (self.global.offline, self.global.locked);
        if self.global.frozen || (offline && locked) {
            LockMode::Frozen
        } else if offline {
            LockMode::Offline
        } else if locked || self.in_ci() {
            LockMode::Locked
        } else {
            LockMode::Fill
        }
    }

    fn in_ci(&self) -> bool {
        self.world.variable("CI").is_some_and(|it| !it.is_empty() && it != "false" && it != "0")
    }

    fn lock_reason(&self) -> &'static str {
        if self.global.frozen {
            "`--frozen`"
        } else if self.global.offline {
            "`--offline`"
        } else if self.global.locked {
            "`--locked`"
        } else if self.in_ci() {
            "the environment variable `CI`, which implies `--locked`,"
        } else {
            "this command, which never uses the network,"
        }
    }

    /// How to ask DNS: the command line over `dns:` of mxward.yaml.
    ///
    /// # Errors
    ///
    /// What is wrong with a server.
    pub fn dns(&self, config: &DnsConfig) -> Result<DnsSettings, String> {
        let written: Vec<&str> = if self.global.dns_server.is_empty() {
            config.servers.iter().map(|it| it.value.as_str()).collect()
        } else {
            self.global.dns_server.iter().map(String::as_str).collect()
        };
        let mut servers = Vec::with_capacity(written.len());
        for server in written {
            servers.push(parse_server(server)?);
        }
        let anchor = match (&self.global.dns_trust_anchor, &config.trust_anchor) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(path)) => Some(self.global.directory.join(&path.value)),
            (None, None) => None,
        };
        let resolver_validates = match self.global.dns_validation {
            Some(Validation::Resolver) => true,
            Some(Validation::Local) => false,
            None => config.resolver_validates,
        };
        Ok(DnsSettings {
            servers,
            trust_anchor: anchor,
            validation: if resolver_validates {
                DnsValidation::ResolverAd
            } else {
                DnsValidation::Local
            },
            timeout_ms: config.timeout_ms,
        })
    }

    /// A domain of the command line.
    ///
    /// # Errors
    ///
    /// The status to exit with; what is wrong was said.
    pub fn domain(&mut self, text: &str) -> Result<DomainName, Exit> {
        DomainName::parse(text).map_err(|error| {
            let text = printable(text);
            self.printer.error(&format!("`{text}` is no domain: {error}"));
            Exit::Usage
        })
    }

    /// Says that nobody can be asked, and gives the status to exit with.
    pub fn cannot_ask(&mut self, error: &std::io::Error) -> Exit {
        let error = error.to_string();
        self.printer.error(&format!("cannot ask DNS: {}", printable(&error)));
        Exit::Failed
    }

    /// The hosts on which maps live, none of them open yet.
    pub fn hosts(&self) -> Hosts<'a> {
        Hosts::new(self.world, self.global.offline || self.global.frozen)
    }

    /// The targets that `--target` asks for, all without it.
    ///
    /// # Errors
    ///
    /// The status to exit with; everything was said.
    pub fn targets<'t>(&mut self, targets: &'t [Target]) -> Result<Vec<&'t Target>, Exit> {
        for name in &self.global.target.clone() {
            self.target(targets, name)?;
        }
        let wanted = |it: &&Target| {
            self.global.target.is_empty() || self.global.target.contains(&it.name.value)
        };
        Ok(targets.iter().filter(wanted).collect())
    }

    /// The target of a name.
    ///
    /// # Errors
    ///
    /// The status to exit with, when there is none; that was said.
    pub fn target<'t>(&mut self, targets: &'t [Target], name: &str) -> Result<&'t Target, Exit> {
        if let Some(target) = targets.iter().find(|it| it.name.value == name) {
            return Ok(target);
        }
        let names = targets.iter().map(|it| it.name.value.as_str());
        let near = nearest(name, names)
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        self.printer.error(&format!("no target named `{}`{near}", printable(name)));
        Err(Exit::Usage)
    }

    /// A path of the command line, for messages.
    pub fn shown(path: &std::path::Path) -> String {
        printable(&path.display().to_string()).into_owned()
    }

    /// Where a path inside of the repository lies.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.global.directory.join(relative)
    }
}
