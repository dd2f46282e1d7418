//! The Markdown table of the results.

use crate::measure::Cost;
use std::fmt;

/// What a result is judged by.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// It may be so large.
    AtMost(f64),
    /// It is only shown.
    None,
}

/// Results, one a line.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    beside: String,
    value: f64,
    unit: &'static str,
    limit: Limit,
}

impl Table {
    /// The time of one thing beside that of another; their ratio is limited.
    pub(crate) fn ratio(&mut self, what: &str, cost: Cost, of: &str, other: Cost, limit: Limit) {
        let what = format!("{what}: {}", milliseconds(cost));
        let beside = format!("{of}: {}", milliseconds(other));
        self.rows.push(Row { what, beside, value: cost.cpu / other.cpu, unit: "×", limit });
    }

    /// The peak of the resident memory.
    pub(crate) fn memory(&mut self, what: &str, cost: Cost, limit: Limit) {
        let what = format!("{what}: peak memory");
        let (beside, value) = (String::new(), cost.memory);
        self.rows.push(Row { what, beside, value, unit: " MiB", limit });
    }

    /// How long one thing took, beside another.
    pub(crate) fn wall(&mut self, what: &str, cost: Cost, of: &str, other: Cost) {
        let what = format!("{what}: {:.0} ms by the clock", cost.wall);
        let beside = format!("{of}: {:.0} ms", other.wall);
        let value = cost.wall / other.wall;
        self.rows.push(Row { what, beside, value, unit: "×", limit: Limit::None });
    }

    /// Anything else.
    pub(crate) fn number(
        &mut self,
        what: &str,
        beside: &str,
        value: f64,
        unit: &'static str,
        limit: Limit,
    ) {
        let (what, beside) = (what.to_owned(), beside.to_owned());
        self.rows.push(Row { what, beside, value, unit, limit });
    }

    /// A time that is limited by itself.
    pub(crate) fn time(&mut self, what: &str, cost: Cost, limit: Limit) {
        let (what, beside) = (what.to_owned(), String::new());
        self.rows.push(Row { what, beside, value: cost.cpu, unit: " ms", limit });
    }

    /// Whether every limit was kept.
    pub(crate) fn met(&self) -> bool {
        self.rows.iter().all(Row::met)
    }
}

impl Row {
    fn met(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.value <= limit,
            Limit::None => true,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| CPU time | beside | result | limit | |\n|---|---|--:|--:|---|")?;
        for row in &self.rows {
            let Row { what, beside, value, unit, limit } = row;
            let (limit, verdict) = match (limit, row.met()) {
                (Limit::None, _) => (String::new(), ""),
                (Limit::AtMost(limit), true) => (format!("{limit}{unit}"), "kept"),
                (Limit::AtMost(limit), false) => (format!("{limit}{unit}"), "**missed**"),
            };
            writeln!(f, "| {what} | {beside} | {value:.2}{unit} | {limit} | {verdict} |")?;
        }
        Ok(())
    }
}

fn milliseconds(cost: Cost) -> String {
    format!("{:.0} ms", cost.cpu)
}
