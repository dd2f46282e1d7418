//! The running parameters of a Postfix, compared with what its maps need to mean what a target says.
//!
//! Everything here is about text that postconf(1) printed; nothing is run.

mod answers;
mod asked;
mod checker;
mod classes;
mod difference;
mod levels;
mod maps;
mod requirements;
mod routing;
mod running;
mod services;
mod table_list;

pub use answers::{Answers, Asking, Differing, answers};
pub use asked::{AskedTable, AskedTables};
pub use difference::{MainCfDifference, Severity};
pub use requirements::{
    PolicyUses, RequiredMap, RequiredTable, Requirements, lookup_name, table_of_database,
};
pub use running::{PostconfOutput, Presence, Running};
pub use table_list::index_suffix;

/// What in the running parameters keeps the maps from meaning what the target says; sorted, the
/// worst first, each difference once.
pub fn differences(running: &Running, required: &Requirements<'_>) -> Vec<MainCfDifference> {
    let mut checker = checker::Checker::new(running, required);
    checker.version();
    checker.services();
    checker.maps();
    checker.levels();
    checker.routing();
    checker.classes();
    checker.finish()
}

#[cfg(test)]
mod tests;
