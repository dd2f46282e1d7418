//! What others do of the same kind: a template over YAML, and a plan between two states in YAML.

use crate::folder::{empty, fresh};
use crate::measure::{Cost, measure};
use crate::repository::State;
use crate::table::{Limit, Table};
use crate::{MXWARD, deploy, repository};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, read_to_string};
use std::path::Path;

/// Both, as they are installed.
const PACKAGES: [&str; 2] = ["jinja2-cli[yaml]==1.0.1", "octodns==1.22.0"];

/// The two maps of the bench in the words of a template.
const TEMPLATE: &str = "\
{%- for key, hops in transport.items() -%}
{{ key }} smtp:{{ hops | join(',') }}
{% endfor -%}
{%- for key, policy in tls_policy.items() -%}
{{ key }} {{ policy.level }}{% for name, value in policy.attributes.items() %} {{ name }}={{ value }}{% endfor %}
{% endfor -%}
";

/// A zone whose records are policies, where it is and where it shall be.
const CONFIG: &str = "\
providers:
  after: { class: octodns.provider.yaml.YamlProvider, directory: ./zone-after, enforce_order: false }
  before: { class: octodns.provider.yaml.YamlProvider, directory: ./zone-before, enforce_order: false }
zones:
  policies.example.: { sources: [after], targets: [before] }
";

/// Measures both beside mxward.
pub(crate) fn peers(domains: u32, rounds: usize, table: &mut Table) {
    let folder = fresh("scale", "peers");
    let python = folder.join("python");
    let python = python.to_str().expect("the build lies under a path that is text");
    measure(&folder, &[0], &["python3", "-m", "venv", python]);
    let pip = format!("{python}/bin/pip");
    measure(&folder, &[0], &[&pip, "install", "--quiet", PACKAGES[0], PACKAGES[1]]);
    deploy(&folder, domains);
    repository(domains, State::After).write(&folder).expect("the repository can be written");
    let [mut compile, mut jinja, mut diff, mut octodns] = [const { Vec::new() }; 4];
    for round in 0..rounds {
        empty(&folder.join("out"));
        let command = [MXWARD, "compile", "--frozen", "--quiet", "--out", "out"];
        compile.push(measure(&folder, &[0], &command));
        if round == 0 {
            write(&folder);
        }
        let command = format!("{python}/bin/jinja2");
        jinja.push(measure(&folder, &[0], &[&command, "maps.j2", "maps.yaml", "--format=yaml"]));
        assert_eq!(lines(&folder, &["stdout"]), lines(&folder, &MAPS), "the same entries");
        diff.push(measure(&folder, &[0], &[MXWARD, "diff", "--frozen"]));
        // It tells the plan on standard error.
        let command = format!("exec {python}/bin/octodns-sync --config-file=octodns.yaml 2>plan");
        octodns.push(measure(&folder, &[0], &["sh", "-c", &command]));
    }
    let [compile, jinja, diff, octodns] = [compile, jinja, diff, octodns].map(Cost::middle);
    let what = format!("compile, {domains} domains");
    table.ratio(&what, compile, "jinja2-cli writes the same entries", jinja, Limit::None);
    let what = format!("diff, {domains} domains, 1 % changed");
    let beside = "octoDNS plans as many records";
    table.ratio(&what, diff, beside, octodns, Limit::None);
}

/// What was compiled.
const MAPS: [&str; 2] = ["out/mx/transport", "out/mx/tls_policy"];

/// The lines of some files, without comments.
fn lines(folder: &Path, files: &[&str]) -> BTreeSet<String> {
    let texts = files.iter().map(|file| read(&folder.join(file)));
    texts.flat_map(|text| entries(&text).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn read(file: &Path) -> String {
    read_to_string(file).expect("the run before has written it")
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// Writes what the others read.
fn write(folder: &Path) {
    let mut data = "transport:\n".to_owned();
    for line in entries(&read(&folder.join(MAPS[0]))) {
        let (key, hops) = line.split_once(" smtp:").expect("a line of the bench");
        let hops: Vec<String> = hops.split(',').map(|hop| format!("\"{hop}\"")).collect();
        let _ = writeln!(data, "  {key}: [{}]", hops.join(", "));
    }
    data.push_str("tls_policy:\n");
    for line in entries(&read(&folder.join(MAPS[1]))) {
        let mut words = line.split(' ');
        let (key, level) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let attribute = |word: &str| {
            let (name, value) = word.split_once('=').expect("an attribute");
            format!("{name}: \"{value}\"")
        };
        let attributes: Vec<String> = words.map(attribute).collect();
        let attributes = attributes.join(", ");
        let _ = writeln!(data, "  \"{key}\": {{ level: {level}, attributes: {{ {attributes} }} }}");
    }
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(path, text).expect("the folder of the bench can be written to");
    };
    file("maps.yaml", &data);
    file("maps.j2", TEMPLATE);
    file("octodns.yaml", CONFIG);
    for (state, map) in [("before", "deployed/tls_policy"), ("after", MAPS[1])] {
        file(&format!("zone-{state}/policies.example.yaml"), &zone(&read(&folder.join(map))));
    }
}

/// The policies of domains as TXT records.
fn zone(tls_policy: &str) -> String {
    let mut text = String::new();
    for line in entries(tls_policy).filter(|line| !line.starts_with('[')) {
        let (key, policy) = line.split_once(' ').expect("a line of the bench");
        let _ = writeln!(text, "{key}: {{ type: TXT, value: \"{policy}\" }}");
    }
    text
}
