"""Prints the licences of the crates that the program is built of, with their texts.

Ends with an error where a crate's licence is not among those that deny.toml allows. Crates of tests are left out;
those of build scripts are not, since the sources of OpenSSL are one.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = re.compile(r"(?i)^(licen[cs]e|copying|notice|copyright|unlicense)")


def built_of(metadata):
    """The packages that mxward needs, itself left out, by name and version."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    seen, waiting = set(), [metadata["resolve"]["root"]]
    while waiting:
        for needed in nodes[waiting.pop()]["deps"]:
            kinds = {kind["kind"] for kind in needed["dep_kinds"]}
            if kinds - {"dev"} and needed["pkg"] not in seen:
                seen.add(needed["pkg"])
                waiting.append(needed["pkg"])
    packages = [package for package in metadata["packages"] if package["id"] in seen]
    return sorted(packages, key=lambda package: (package["name"], package["version"]))


def allowed(expression, licences):
    """Whether an SPDX expression can be met with these licences; `MIT/Apache-2.0` is an old form of `OR`."""
    words = {"(": "(", ")": ")", "AND": "and", "OR": "or", "/": "or"}
    terms = re.findall(r"[()/]|[^\s()/]+(?: WITH [^\s()/]+)?", expression)
    # Nothing but True, False, and, or and parentheses.
    return eval(" ".join(words.get(term) or str(term in licences) for term in terms))


def texts(package):
    """The texts of its licences: files beside its manifest, and beside the sources of others that it holds."""
    folder = pathlib.Path(package["manifest_path"]).parent
    folders = [folder] + sorted(it for it in folder.iterdir() if it.is_dir() and it.name == "openssl")
    files = (it for folder in folders for it in sorted(folder.iterdir()) if NAMES.match(it.name) and it.is_file())
    return [file.read_text(errors="replace").strip() for file in files]


def main():
    licences = set(tomllib.loads((ROOT / "deny.toml").read_text())["licenses"]["allow"])
    command = ["cargo", "metadata", "--locked", "--format-version=1", "--filter-platform=x86_64-unknown-linux-gnu"]
    packages = built_of(json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout))
    refused = [it for it in packages if not allowed(it["license"] or "none", licences)]
    if refused:
        sys.exit("\n".join(f"{it['name']} {it['version']}: deny.toml does not allow {it['license']}" for it in refused))
    users = {}
    for package in packages:
        for text in texts(package):
            users.setdefault(" ".join(text.split()), (text, []))[1].append(package["name"])
    print("The crates that mxward is built of, and what they may be used under.\n")
    for package in packages:
        print(f"{package['name']} {package['version']}: {package['license']}")
    for text, names in users.values():
        print(f"\n{'-' * 79}\n{', '.join(sorted(set(names)))}:\n\n{text}")


main()
