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
    result: String,
    beside: String,
    value: f64,
    unit: &'static str,
    limit: Limit,
}

impl Table {
    /// The time of one thing beside that of another; their ratio is limited.
    pub(crate) fn cost(&mut self, what: &str, cost: Cost, of: &str, other: Cost, limit: Limit) {
        self.rows.push(Row {
            what: what.to_owned(),
            result: milliseconds(cost.cpu),
            beside: format!("{of}: {}", milliseconds(other.cpu)),
            value: cost.cpu / other.cpu,
            unit: "×",
            limit,
        });
    }

    /// A ratio of two things that the table already has.
    pub(crate) fn ratio(&mut self, what: &str, value: f64, limit: Limit) {
        self.add(what, String::new(), value, "×", limit);
    }

    /// The peak of the resident memory.
    pub(crate) fn memory(&mut self, what: &str, value: f64, limit: Limit) {
        self.add(what, "peak memory".to_owned(), value, " MiB", limit);
    }

    /// A time that is limited by itself.
    pub(crate) fn time(&mut self, what: &str, cost: Cost, limit: Limit) {
        self.add(what, String::new(), cost.cpu, " ms", limit);
    }

    fn add(&mut self, what: &str, result: String, value: f64, unit: &'static str, limit: Limit) {
        let (what, beside) = (what.to_owned(), String::new());
        self.rows.push(Row { what, result, beside, value, unit, limit });
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
        writeln!(
            f,
            "| what | CPU time | beside it | result | limit | |\n|---|--:|---|--:|--:|---|"
        )?;
        for row in &self.rows {
            let Row { what, result, beside, value, unit, limit } = row;
            let limit = match limit {
                Limit::AtMost(limit) => format!("{limit}{unit}"),
                Limit::None => String::new(),
            };
            let verdict = if row.met() { "kept" } else { "**missed**" };
            writeln!(
                f,
                "| {what} | {result} | {beside} | {value:.2}{unit} | {limit} | {verdict} |"
            )?;
        }
        Ok(())
    }
}

fn milliseconds(value: f64) -> String {
    format!("{value:.0} ms")
}
