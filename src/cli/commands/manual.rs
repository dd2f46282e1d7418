//! `mxward man`: a manual page for every command, made of what `--help` says.

use crate::cli::args::Args;
use crate::cli::context::Context;
use crate::cli::environment::ENVIRONMENT;
use crate::cli::exit::Exit;
use clap::CommandFactory as _;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use jiff::{Timestamp, civil, tz::Offset};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// As long as mandoc(1) wants lines to be at most.
const LINE: usize = 80;

pub(super) fn man(context: &mut Context<'_, '_>, out: &Path) -> Result<Exit, Exit> {
    let date = date(context)?;
    let mut top = Args::command();
    top.build();
    let mut commands = Vec::new();
    collect(&top, &mut commands);
    let names: BTreeSet<String> = commands.iter().map(name).collect();
    for command in commands {
        let path = out.join(format!("{}.1", name(&command)));
        let written = page(command, date, &names)
            .and_then(|page| context.world.write(&path, page.as_bytes()));
        if let Err(error) = written {
            context.printer.error(&format!("cannot write `{}`: {error}", Context::shown(&path)));
            return Err(Exit::Failed);
        }
    }
    Ok(Exit::Done)
}

/// The day that the pages carry: that of the sources where whoever builds a package says it, so that
/// the same sources give the same pages, and today elsewhere.
/// [reproducible-builds.org `SOURCE_DATE_EPOCH`]
fn date(context: &mut Context<'_, '_>) -> Result<civil::Date, Exit> {
    let Some(text) = context.world.variable("SOURCE_DATE_EPOCH") else {
        return Ok(context.world.today());
    };
    let time = text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map(|time| Offset::UTC.to_datetime(time).date()).ok_or_else(|| {
        context.printer.error(&format!(
            "SOURCE_DATE_EPOCH is `{}`, which is no number of seconds since 1970",
            Context::shown(Path::new(&text))
        ));
        Exit::Usage
    })
}

/// The command and all below it.
fn collect(command: &clap::Command, into: &mut Vec<clap::Command>) {
    into.push(command.clone());
    for below in command.get_subcommands() {
        collect(below, into);
    }
}

/// The name of its page.
fn name(command: &clap::Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(
    mut command: clap::Command,
    date: civil::Date,
    names: &BTreeSet<String>,
) -> io::Result<String> {
    // clap_mangen lists all options without their values; clap says what a reader needs.
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let name = name(&command);
    let has_below = command.has_subcommands();
    let man = Man::new(command.override_usage(usage))
        .title(name.to_uppercase())
        .date(date.to_string())
        .source(concat!("mxward ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if has_below {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    let mut more = Roff::new();
    if name == "mxward" {
        about_everything(&mut more);
    }
    see_also(&name, names, &mut more);
    more.to_writer(&mut page)?;
    Ok(tidy(&String::from_utf8_lossy(&page)))
}

/// What holds for every command.
fn about_everything(page: &mut Roff) {
    page.control("SH", ["EXIT STATUS"]);
    for status in Exit::ALL {
        item(page, bold(status.code().to_string()), status.meaning());
    }
    page.control("SH", ["ENVIRONMENT"]);
    for (variable, meaning) in ENVIRONMENT {
        item(page, bold(*variable), meaning);
    }
    page.control("SH", ["FILES"]);
    page.text([roman("In the folder of the repository:")]);
    for (file, meaning) in [
        ("mxward.yaml", "Domains, defaults and targets; names the other files of domains."),
        ("providers/*.yaml", "Templates, besides those that are built in."),
        ("templates/*.j2", "Files to write besides the maps."),
        ("tests/*.yaml", "What must hold for recipients."),
        ("protect.yaml", "What an apply may not do."),
        ("mxward.lock", "What DNS said, written by `lock` and `update`."),
    ] {
        item(page, italic(file), meaning);
    }
}

fn item(page: &mut Roff, term: Inline, text: &str) {
    page.control("TP", []).text([term]).text([roman(text)]);
}

/// The page above, and Postfix's own pages on what is written.
fn see_also(name: &str, names: &BTreeSet<String>, page: &mut Roff) {
    page.control("SH", ["SEE ALSO"]);
    let mut others = vec![("postconf".to_owned(), 5), ("postmap".to_owned(), 1)];
    others.push(("transport".to_owned(), 5));
    if let Some((above, _)) = name.rsplit_once('-').filter(|(above, _)| names.contains(*above)) {
        others.insert(0, (above.to_owned(), 1));
    }
    let mut line = Vec::new();
    for (page, section) in others {
        if !line.is_empty() {
            line.push(roman(", "));
        }
        line.extend([bold(page), roman(format!("({section})"))]);
    }
    page.text(line);
}

/// The same page as `mandoc -T lint` wants it: short lines, one break at a time, and the preamble of
/// the renderer, which each section brings along, only once.
fn tidy(page: &str) -> String {
    let mut tidy = String::with_capacity(page.len());
    let preamble = Roff::new().render();
    tidy.push_str(&preamble);
    let body = page.replace(&preamble, "").replace(".br\n\n.br\n", ".sp\n");
    let mut is_term = false;
    for line in body.lines() {
        if line.starts_with('.') || is_term {
            // The line after `.TP` is the term, which is one line.
            writeln!(tidy, "{}", line.trim_end()).expect("a string takes everything");
        } else {
            wrap(line, &mut tidy);
        }
        is_term = line.starts_with(".TP");
    }
    tidy
}

/// Breaks a line of text at blanks, never before what would begin a control line.
fn wrap(line: &str, into: &mut String) {
    let mut width = 0;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let is_control = word.starts_with(['.', '\'']);
        if width > 0 {
            let fits = width + 1 + word.len() <= LINE;
            into.push(if fits || is_control { ' ' } else { '\n' });
            width = if fits || is_control { width + 1 } else { 0 };
        }
        into.push_str(word);
        width += word.len();
    }
    into.push('\n');
}
