//! Pages of the reference that are made from the program.
#![expect(clippy::disallowed_methods, reason = "writes the documentation and reads the sources")]

use crate::harness::{assert_text, root};
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use mxward::cli::{Args, ENVIRONMENT, Exit};
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

const MADE: &str = "<!-- Made by `UPDATE=1 cargo test --test main book::reference` from the program; do not edit. -->\n";

/// Compares a page with what it must be, or writes it.
#[track_caller]
fn page(name: &str, text: &str) {
    let file = root().join("docs/reference").join(name);
    let text = format!("{MADE}{}\n", text.trim_end());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_text(&format!("docs/reference/{name} (UPDATE=1 writes it anew)"), &written, &text);
}

/// A text in a cell of a table: `<` begins a tag and `|` ends the cell elsewhere.
fn cell(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace('|', "\\|").replace('<', "&lt;")
}

#[test]
fn commands() {
    let mut program = Args::command();
    program.build();
    let mut text = String::from(
        "# Commands\n\nWhat `mxward COMMAND --help` says, of every command. Options that all have stand first.\n",
    );
    text.push_str("\n## Options of every command\n\n");
    let globals = program.get_arguments().filter(|it| it.is_global_set() && !it.is_hide_set());
    table(&mut text, globals.collect());
    for command in program.get_subcommands() {
        show(&mut text, command, 2);
    }
    page("commands.md", &text);
}

fn show(text: &mut String, command: &Command, depth: usize) {
    let name = command.get_bin_name().unwrap_or_default().replacen("mxward ", "", 1);
    let about = command.get_long_about().or_else(|| command.get_about()).unwrap().to_string();
    let about = about.replace('<', "&lt;");
    let mut words = command.clone();
    let usage = words.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim().replace('\n', " ");
    let marks = "#".repeat(depth);
    // A first line without a full stop is one sentence.
    let (first, rest) = about.split_once("\n\n").unwrap_or((&about, ""));
    let _ = write!(text, "\n{marks} {name}\n\n{first}.\n\n```text\n{usage}\n```\n");
    if !rest.is_empty() {
        let _ = write!(text, "\n{rest}\n");
    }
    let own = command.get_arguments().filter(|it| !it.is_global_set() && !it.is_hide_set());
    let own: Vec<&Arg> = own.filter(|it| it.get_id() != "help").collect();
    if !own.is_empty() {
        text.push('\n');
        table(text, own);
    }
    for command in command.get_subcommands() {
        show(text, command, depth + 1);
    }
}

fn table(text: &mut String, arguments: Vec<&Arg>) {
    text.push_str("| | |\n|---|---|\n");
    for it in arguments {
        let takes = matches!(it.get_action(), ArgAction::Set | ArgAction::Append);
        let value = it.get_value_names().filter(|_| takes).map(|names| names.join(" "));
        let value = value.unwrap_or_default();
        let mut names = Vec::new();
        names.extend(it.get_short().map(|short| format!("-{short}")));
        names.extend(it.get_long().map(|long| format!("--{long}")));
        let name = match (names.join(", "), value.as_str()) {
            (names, "") => names,
            (names, value) if names.is_empty() => value.to_owned(),
            (names, value) => format!("{names} {value}"),
        };
        let help = it.get_long_help().or_else(|| it.get_help()).unwrap().to_string();
        let mut help = help.trim_end_matches('.').to_owned();
        let values: Vec<String> = it
            .get_possible_values()
            .iter()
            .filter(|it| !it.is_hide_set())
            .map(|it| format!("`{}`", it.get_name()))
            .collect();
        if takes && !values.is_empty() {
            let _ = write!(help, ": {}", values.join(", "));
        }
        let default = it.get_default_values().iter().map(|it| it.to_str().unwrap());
        let default: Vec<&str> = default.collect();
        if takes && !default.is_empty() {
            let _ = write!(help, " (default `{}`)", default.join("` and `"));
        }
        let _ = writeln!(text, "| `{}` | {} |", cell(&name), cell(&help));
    }
}

/// The files that people write, with what stands above their keys.
const FILES: [(&str, &str); 5] = [
    ("mxward", "mxward.yaml"),
    ("domains", "Included files"),
    ("provider", "providers/*.yaml"),
    ("protect", "protect.yaml"),
    ("tests", "tests/*.yaml"),
];

#[test]
fn configuration() {
    let mut text = String::from(
        "# Configuration\n\nEvery key of every file that people write, as the schemas for editors say it \
         (`mxward schema KIND`). What a file may hold beyond that, `mxward check` says at its place.\n",
    );
    let mut seen = BTreeMap::new();
    for (kind, title) in FILES {
        let file = root().join("schemas").join(format!("{kind}.schema.json"));
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let _ = write!(text, "\n## {title}\n\n{}.\n", words(&schema));
        keys(&mut text, &schema);
        let definitions = schema["definitions"].as_object().cloned().unwrap_or_default();
        for (name, definition) in &definitions {
            // Several files have some of them in common.
            if let Some(known) = seen.insert(name.clone(), definition.clone()) {
                assert_eq!(known, *definition, "{name}");
                continue;
            }
            shape(&mut text, name, definition);
        }
    }
    page("configuration.md", &text);
}

fn words(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default().trim_end_matches('.');
    // What rustdoc wants around the address of a server.
    let address = Regex::new("<((?:tls|https)://[^>]*)>").unwrap();
    address.replace_all(text, "`$1`").into_owned()
}

/// A part of a file, under a heading of its own.
fn shape(text: &mut String, name: &str, schema: &Value) {
    let _ = write!(text, "\n### {name}\n");
    let said = words(schema);
    if !said.is_empty() {
        let _ = write!(text, "\n{said}.\n");
    }
    if schema["properties"].is_object() {
        keys(text, schema);
        return;
    }
    let variants = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    let Some(variants) = variants else {
        let _ = write!(text, "\nIs {}.\n", kind(schema));
        return;
    };
    text.push_str("\n| | |\n|---|---|\n");
    for variant in variants {
        let _ = writeln!(text, "| {} | {} |", kind(variant), cell(&words(variant)));
    }
    for variant in variants.iter().filter(|it| it["properties"].is_object()) {
        keys(text, variant);
    }
}

fn keys(text: &mut String, schema: &Value) {
    let none = Map::new();
    let keys = schema["properties"].as_object().unwrap_or(&none);
    if keys.is_empty() {
        return;
    }
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    text.push_str("\n| key | value | |\n|---|---|---|\n");
    for (key, value) in keys {
        let must = if required.contains(key.as_str()) { " (required)" } else { "" };
        let said = cell(&words(value));
        let kind = match key.as_str() {
            "lints" => {
                "a mapping from [lint](lints.md) to `allow`, `note`, `warn` or `deny`".to_owned()
            }
            _ => kind(value),
        };
        let _ = writeln!(text, "| `{key}`{must} | {kind} | {said} |");
    }
}

/// A value as it is written.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a value must be, in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
        return kind(only);
    }
    if let Some(value) = schema.get("const") {
        return format!("`{}`", text(value));
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().filter(|it| !it.is_null());
        let values = values.map(|it| format!("`{}`", text(it)));
        return values.collect::<Vec<_>>().join(", ");
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(list) = schema[several].as_array() {
            let list = list.iter().filter(|it| it["type"] != "null").map(kind);
            let mut kinds: Vec<String> = Vec::new();
            for kind in list {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            return kinds.join(" or ");
        }
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![],
    };
    let types = types.into_iter().filter(|it| *it != "null").map(|it| match it {
        "string" => "text".to_owned(),
        "integer" => {
            let bound = |key: &str| schema[key].as_i64();
            match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) if least == most => format!("`{least}`"),
                (Some(least), Some(most)) => format!("{least} to {most}"),
                (Some(least), None) => format!("a number from {least} on"),
                _ => "a number".to_owned(),
            }
        }
        "number" => "a number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "array" => match kind(&schema["items"]) {
            items if items.is_empty() => "a list".to_owned(),
            items => format!("a list of {items}"),
        },
        "object" => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("a mapping to {}", kind(values)),
            _ if schema["properties"].is_object() => "a mapping with these keys".to_owned(),
            _ => "a mapping".to_owned(),
        },
        other => other.to_owned(),
    });
    types.collect::<Vec<_>>().join(" or ")
}

#[test]
fn exit_status() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut text = String::from(
        "# Exit status\n\n`--report json` repeats it, with the reason.\n\n| status | reason | meaning |\n|---|---|---|\n",
    );
    for exit in Exit::ALL {
        let (code, meaning) = (exit.code(), exit.meaning());
        assert!(readme.contains(&format!("\n| {code} | {meaning} |\n")), "README.md: {code}");
        let _ = writeln!(text, "| {code} | `{}` | {meaning} |", exit.reason());
    }
    page("exit-status.md", &text);
}

#[test]
fn environment() {
    let mut text = String::from("# Environment variables\n\n| variable | |\n|---|---|\n");
    for (name, meaning) in ENVIRONMENT {
        let _ = writeln!(text, "| `{name}` | {meaning} |");
    }
    text.push_str(
        "\nThe password of a database stands in the variable that `password_env` of its target names. ssh(1), \
         git(1) and the commands of Postfix, which\nmxward runs, have variables of their own.\n",
    );
    page("environment.md", &text);
}

#[test]
fn environment_variables_are_those_of_the_sources() {
    fn read(path: &Path, all: &mut String) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                read(&entry.unwrap().path(), all);
            }
        } else if path.extension().is_some_and(|it| it == "rs") {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let mut all = String::new();
    read(&root().join("src"), &mut all);
    let names = Regex::new(r#"variable\("([A-Z_]+)"\)|"(MXWARD_[A-Z_]+)""#).unwrap();
    let name =
        |it: regex::Captures<'_>| it.get(1).or_else(|| it.get(2)).unwrap().as_str().to_owned();
    let mut used: BTreeSet<String> = names.captures_iter(&all).map(name).collect();
    used.extend(["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].map(str::to_owned));
    assert!(
        all.contains("[\"GITHUB_WORKSPACE\", \"CI_PROJECT_DIR\"].map(|name| world.variable(name))")
    );
    let told: BTreeSet<String> = ENVIRONMENT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(told, used);
}
