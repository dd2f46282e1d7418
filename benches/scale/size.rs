//! Everything that is measured at one size.

use crate::folder::{empty, fresh};
use crate::measure::{Cost, measure};
use crate::repository::State;
use crate::table::{Limit, Table};
use crate::{MXWARD, deploy, repository};
use std::path::PathBuf;

/// So many domains are imported as well.
const IMPORTED: u32 = 1_000_000;

/// A repository of so many domains, and what was measured there so far.
pub(crate) struct Size {
    domains: u32,
    folder: PathBuf,
    compile: Vec<Cost>,
    lmdb: Vec<Cost>,
    hash: Vec<Cost>,
    import: Vec<Cost>,
    diff: Vec<Cost>,
    gnu_diff: Vec<Cost>,
}

impl Size {
    /// Writes the repository and the maps before it.
    pub(crate) fn new(domains: u32) -> Self {
        let folder = fresh("scale", &domains.to_string());
        deploy(&folder, domains);
        repository(domains, State::After).write(&folder).expect("the repository can be written");
        let [compile, lmdb, hash, import, diff, gnu_diff] = [const { Vec::new() }; 6];
        Self { domains, folder, compile, lmdb, hash, import, diff, gnu_diff }
    }

    /// Runs everything once.
    pub(crate) fn round(&mut self) {
        empty(&self.folder.join("out"));
        self.compile.push(self.run("compile --frozen --quiet --out out"));
        self.lmdb.push(self.index("lmdb"));
        if self.domains <= IMPORTED {
            self.hash.push(self.index("hash"));
            empty(&self.folder.join("imported"));
            let import = "import --quiet --transport out/mx/transport --tls-policy out/mx/tls_policy \
                          --security-level dane --out imported";
            self.import.push(self.run(import));
        }
        self.diff.push(self.run("diff --frozen"));
        let both = ["transport", "tls_policy"].map(|map| {
            let files = [format!("deployed/{map}"), format!("out/mx/{map}")];
            measure(&self.folder, &[1], &["diff", &files[0], &files[1]])
        });
        self.gnu_diff.push(both[0].and(both[1]));
    }

    /// Tells the costs, and gives those of `compile` and `diff`.
    pub(crate) fn told(self, memory: Limit, table: &mut Table) -> [Cost; 2] {
        let [compile, lmdb, diff, gnu_diff] =
            [self.compile, self.lmdb, self.diff, self.gnu_diff].map(Cost::middle);
        let what = format!("compile, {} domains", self.domains);
        table.ratio(&what, compile, "postmap lmdb: of both maps", lmdb, Limit::AtMost(1.0));
        if !self.import.is_empty() {
            let [import, hash] = [self.import, self.hash].map(Cost::middle);
            let what = format!("import, {} domains", self.domains);
            // What postmap(1) makes on Debian where no type is named.
            table.ratio(&what, import, "postmap hash: of both maps", hash, Limit::AtMost(5.0));
            table.ratio(&what, import, "postmap lmdb: of both maps", lmdb, Limit::None);
            table.memory(&what, import, Limit::None);
        }
        table.memory(&what, compile, memory);
        let what = format!("diff, {} domains, 1 % changed", self.domains);
        table.ratio(&what, diff, "compile", compile, Limit::AtMost(1.5));
        table.ratio(&what, diff, "GNU diff of both maps", gnu_diff, Limit::None);
        table.memory(&what, diff, memory);
        [compile, diff]
    }

    /// Runs mxward, with these words.
    fn run(&self, words: &str) -> Cost {
        let command: Vec<&str> = std::iter::once(MXWARD).chain(words.split_whitespace()).collect();
        measure(&self.folder, &[0], &command)
    }

    /// Makes an index of both maps.
    fn index(&self, map_type: &str) -> Cost {
        let maps = ["transport", "tls_policy"].map(|map| format!("{map_type}:out/mx/{map}"));
        measure(&self.folder, &[0], &["postmap", "-c", "postfix", &maps[0], &maps[1]])
    }
}
