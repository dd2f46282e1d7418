//! Collects what the files of a repository declare.

use super::body::read_body;
use super::root::read_root;
use super::{Include, list};
use crate::diag::{Diagnostic, Diagnostics, values};
use crate::model::{Body, Config, Declaration, DomainFilter, NextHopPolicy, PolicySpec, Provider};
use crate::names::{NameError, Recipients};
use crate::postfix::NextHop;
use crate::source::yaml::Reader;
use crate::source::{FileId, Node, NodeKind, SourceMap, Span, Spanned};
use hashbrown::HashMap;
use std::borrow::Cow;

/// Reads the files of a repository one by one; all errors are reported, whichever file they are in.
#[derive(Default)]
pub struct Loader {
    pub(super) config: Config,
    /// The text of a body to its number: what is said in the same words is read once.
    bodies: HashMap<String, u32>,
}

impl Loader {
    /// A loader that has read nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for so many domains, so that a long list does not move while it grows.
    pub fn reserve(&mut self, domains: usize) {
        self.config.declarations.reserve(domains);
    }

    /// Reads `mxward.yaml` and gives what it includes.
    pub fn root(
        &mut self,
        sources: &SourceMap,
        file: FileId,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Include> {
        read_root(self, sources, file, diagnostics)
    }

    /// Reads an included YAML file, which has the keys `domains` and `next_hops`.
    pub fn include(&mut self, sources: &SourceMap, file: FileId, diagnostics: &mut Diagnostics) {
        let text = sources.text(file);
        let mut reader = Reader::new(file, text);
        if reader.enter_mapping() {
            let mut seen = Vec::new();
            while let Some(key) = reader.next_key() {
                if !first_time(&mut seen, &key, diagnostics) {
                    continue;
                }
                match &*key.value {
                    "domains" => self.domains(text, &mut reader, diagnostics),
                    "next_hops" => self.next_hops(reader.node(), diagnostics),
                    _ => crate::diag::unknown_key(
                        &key,
                        "an included file",
                        &["domains", "next_hops"],
                        diagnostics,
                    ),
                }
            }
        } else {
            match reader.node() {
                Some(node) if node.kind != NodeKind::Null => wrong_top(&node, diagnostics),
                _ if reader.failed() => {}
                _ => {
                    let error = empty_file(Span::new(file, 0, 0), "the file declares nothing");
                    diagnostics.push(error.hint("write `domains: {}` where that is meant"));
                }
            }
        }
        self.config.gaps.files |= reader.failed();
        diagnostics.push_yaml(reader.finish());
    }

    /// Notes that a file could not be read, which was reported.
    pub fn unread(&mut self) {
        self.config.gaps.files = true;
    }

    /// Notes that the template of that name could not be read, which was reported.
    pub fn unread_provider(&mut self, name: &str) {
        self.config.gaps.providers.insert(name.to_owned());
    }

    /// Reads a plain list: one domain a line, all with the body of the include.
    pub fn list(
        &mut self,
        sources: &SourceMap,
        file: FileId,
        body: u32,
        diagnostics: &mut Diagnostics,
    ) {
        list::read_list(&mut self.config.declarations, sources.text(file), file, body, diagnostics);
    }

    /// Adds a template; the first of a name stays.
    pub fn add_provider(&mut self, provider: Provider) {
        self.config.providers.entry(provider.name.value.clone()).or_insert(provider);
    }

    /// The template of that name, if one was added.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.config.providers.get(name)
    }

    /// The names of the templates that were named so far, each once, sorted.
    pub fn named_providers(&self) -> Vec<&str> {
        let names = self.config.bodies.iter().filter_map(|body| body.provider.as_ref());
        let mut names: Vec<&str> = names.map(|name| name.value.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Sorts the declarations and reports every domain that is declared twice.
    pub fn finish(mut self, diagnostics: &mut Diagnostics) -> Config {
        let list = &mut self.config.declarations;
        if !list.is_sorted_by(|a, b| a.recipients < b.recipients) {
            // Numbers are sorted much faster than texts, and few texts begin with the same ones.
            list.sort_by_cached_key(|it| it.recipients.sort_prefix());
            let mut twice = false;
            for run in
                list.chunk_by_mut(|a, b| a.recipients.sort_prefix() == b.recipients.sort_prefix())
            {
                run.sort_by(|a, b| (&a.recipients, a.span).cmp(&(&b.recipients, b.span)));
                twice |= run.windows(2).any(|pair| pair[0].recipients == pair[1].recipients);
            }
            if twice {
                report_twice(list, diagnostics);
            }
        }
        self.config.targets.sort_by(|a, b| a.name.value.cmp(&b.name.value));
        if !self.config.gaps.files {
            self.unmatched(diagnostics);
        }
        self.config
    }

    /// Reports the globs of targets that no domain matches: one that is misspelt takes the policies of
    /// its domains away.
    fn unmatched(&self, diagnostics: &mut Diagnostics) {
        let lists = self.config.targets.iter().filter_map(|target| match &target.domains {
            DomainFilter::Globs(_, globs) => Some(globs),
            DomainFilter::All | DomainFilter::None => None,
        });
        for glob in lists.flatten() {
            let Ok(matcher) = globset::Glob::new(&glob.value.to_lowercase()) else { continue };
            let matcher = matcher.compile_matcher();
            let mut names = self.config.declarations.iter().map(|it| it.recipients.name());
            if !names.any(|name| matcher.is_match(name.as_str())) {
                let message = format!("`{}` matches no domain of the repository", glob.value);
                let error = Diagnostic::error("unmatched-glob", glob.span, message);
                diagnostics.push(error.hint("remove it, or correct it"));
            }
        }
    }

    /// Reads the value of `domains:`.
    pub(super) fn domains<'src>(
        &mut self,
        text: &'src str,
        reader: &mut Reader<'src>,
        diagnostics: &mut Diagnostics,
    ) {
        if !reader.enter_mapping() {
            if let Some(node) = reader.node()
                && node.kind != NodeKind::Null
            {
                let message = format!(
                    "`domains` must be a mapping from domain to policy, not {}",
                    values::describe(&node)
                );
                let hint = match node.kind {
                    NodeKind::Sequence(_) => {
                        "write `example.com: google` without a dash, or put a plain list into a file"
                    }
                    NodeKind::Scalar(_) | NodeKind::Mapping(_) | NodeKind::Null => {
                        "write `example.com: google`, with a blank behind the colon"
                    }
                };
                diagnostics.push(Diagnostic::error("wrong-type", node.span, message).hint(hint));
            }
            return;
        }
        while let Some(key) = reader.next_key() {
            let recipients = recipients(&key.value, key.span, diagnostics);
            let Some(body) = self.body(text, reader, diagnostics) else { return };
            if let Some(recipients) = recipients {
                self.config.declarations.push(Declaration { recipients, span: key.span, body });
            }
        }
    }

    /// The number of the body under way; `None` after a syntax error.
    fn body<'src>(
        &mut self,
        text: &'src str,
        reader: &mut Reader<'src>,
        diagnostics: &mut Diagnostics,
    ) -> Option<u32> {
        let span = reader.value_span()?;
        let words = &text[span.start as usize..span.end as usize];
        if let Some(known) = self.bodies.get(words) {
            return Some(*known);
        }
        let errors = reader.errors();
        let body = read_body(reader.node()?, diagnostics);
        // The words of a body with an alias in it do not say all, and each mistake is reported.
        let repeats = !body.broken && !words.contains('*') && reader.errors() == errors;
        let number = self.add_body(body);
        if repeats {
            self.bodies.insert(words.to_owned(), number);
        }
        Some(number)
    }

    /// Stores a body.
    pub(super) fn add_body(&mut self, body: Body) -> u32 {
        self.config.bodies.push(body);
        u32::try_from(self.config.bodies.len() - 1).expect("fewer than 2^32 bodies")
    }

    /// Reads the value of `next_hops:`.
    pub(super) fn next_hops(&mut self, node: Option<Node<'_>>, diagnostics: &mut Diagnostics) {
        let Some(node) = node.filter(|it| it.kind != NodeKind::Null) else { return };
        let NodeKind::Mapping(mapping) = node.kind else {
            let message = format!(
                "`next_hops` must be a mapping from next hop to policy, not {}",
                values::describe(&node)
            );
            diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
            return;
        };
        for (key, value) in mapping.entries {
            if let NodeKind::Scalar(_) = value.kind {
                let message = "the policy of a next hop must be a mapping, not text";
                diagnostics.push(
                    Diagnostic::error("wrong-type", value.span, message)
                        .hint("write `{ level: LEVEL }`: a next hop has no provider"),
                );
                continue;
            }
            let Some(mut fields) =
                crate::diag::Fields::new(value, "the policy of a next hop", diagnostics)
            else {
                continue;
            };
            let policy = PolicySpec::take(&mut fields, diagnostics);
            let span = fields.span();
            fields.finish(diagnostics);
            if policy.level.is_none() {
                diagnostics.push(Diagnostic::error(
                    "missing-key",
                    span,
                    "the policy of a next hop needs the key `level`",
                ));
                continue;
            }
            match NextHop::parse(&key.value) {
                Err(error) => diagnostics.push(next_hop_error(key.span, &error)),
                Ok(next_hop) => {
                    let next_hop = Spanned::new(next_hop, key.span);
                    self.add_next_hop(NextHopPolicy { next_hop, policy }, diagnostics);
                }
            }
        }
    }

    fn add_next_hop(&mut self, new: NextHopPolicy, diagnostics: &mut Diagnostics) {
        let known = self.config.next_hops.iter().find(|it| it.next_hop.value == new.next_hop.value);
        if let Some(known) = known {
            let message = format!("the next hop `{}` is declared twice", new.next_hop.value);
            diagnostics.push(
                Diagnostic::error("duplicate-next-hop", new.next_hop.span, message)
                    .related(known.next_hop.span, "first declared here"),
            );
            return;
        }
        self.config.next_hops.push(new);
    }
}

/// Keeps the first of several declarations of a domain, and reports the others.
fn report_twice(list: &mut Vec<Declaration>, diagnostics: &mut Diagnostics) {
    list.dedup_by(|second, first| {
        let twice = second.recipients == first.recipients;
        if twice {
            let message = format!("`{}` is declared twice", second.recipients);
            diagnostics.push(
                Diagnostic::error("duplicate-domain", second.span, message)
                    .related(first.span, "first declared here")
                    .hint("remove one of the two"),
            );
        }
        twice
    });
}

/// Whether a key of a streamed mapping is new; reports it otherwise.
pub(super) fn first_time<'src>(
    seen: &mut Vec<Spanned<Cow<'src, str>>>,
    key: &Spanned<Cow<'src, str>>,
    diagnostics: &mut Diagnostics,
) -> bool {
    if let Some(first) = seen.iter().find(|it| it.value == key.value) {
        diagnostics.push(
            Diagnostic::error(
                "duplicate-key",
                key.span,
                format!("the key `{}` stands twice in this mapping", key.value),
            )
            .related(first.span, "first written here"),
        );
        return false;
    }
    seen.push(key.clone());
    true
}

/// The message about an included file without anything in it: whatever should have written it did not,
/// and its domains would go from the maps.
pub(super) fn empty_file(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error("empty-file", span, message).hint("remove the file, or what includes it")
}

/// Reports that a file is no mapping; an empty file is fine.
pub(super) fn wrong_top(node: &Node<'_>, diagnostics: &mut Diagnostics) {
    if node.kind != NodeKind::Null {
        let message = format!("the file must be a mapping, not {}", values::describe(node));
        diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
    }
}

/// Turns a refused next hop into a message.
pub(crate) fn next_hop_error(span: Span, error: &crate::postfix::NextHopError) -> Diagnostic {
    let diagnostic = Diagnostic::error("bad-next-hop", span, error.to_string());
    match error.hint() {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// What those want who write a policy for everybody.
const DEFAULT: &str = "what has no entry gets the `security_level` of the target";

/// Reads the name of a domain, reporting what is wrong with it.
pub(crate) fn recipients(
    text: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Recipients> {
    // A row of hand-written tables that no Postfix ever asks for. [Postfix smtp_tls_policy.c]
    if text == "_default" {
        diagnostics.push(
            Diagnostic::error("bad-domain", span, "`_default` is no lookup key of Postfix")
                .hint(DEFAULT),
        );
        return None;
    }
    match Recipients::parse(text) {
        Ok(recipients) => Some(recipients),
        Err(error) => {
            diagnostics.push(bad_domain(text, span, &error));
            None
        }
    }
}

/// The message about a text that is no domain.
pub(super) fn bad_domain(text: &str, span: Span, error: &NameError) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("bad-domain", span, format!("`{text}` is not a domain: {error}"));
    if let Some((_, rest)) = text.split_once("://") {
        let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
        return diagnostic.hint(format!("write the domain alone: `{host}`"));
    }
    if text == "*" {
        return diagnostic.hint(DEFAULT);
    }
    if let Some(rest) = text.strip_prefix("*.") {
        return diagnostic.hint(format!("for all subdomains write `.{rest}`"));
    }
    if let Some((_, domain)) = text.rsplit_once('@') {
        return diagnostic.hint(format!("policies are made for domains: write `{domain}`"));
    }
    match error {
        NameError::Numeric => {
            diagnostic.hint("a next hop that is an address goes to `next_hops`, as `[192.0.2.1]`")
        }
        NameError::Character('[') => diagnostic.hint("a next hop in brackets goes to `next_hops`"),
        NameError::Character(' ' | '\t' | ',' | ';') => {
            diagnostic.hint("write one domain a line, and nothing else")
        }
        NameError::EmptyLabel if text.starts_with("..") => {
            diagnostic.hint(format!("for all subdomains write `.{}`", text.trim_start_matches('.')))
        }
        NameError::Empty
        | NameError::TooLong
        | NameError::EmptyLabel
        | NameError::FinalDot
        | NameError::LabelTooLong(_)
        | NameError::Hyphen(_)
        | NameError::Character(_)
        | NameError::Idna => diagnostic,
    }
}
