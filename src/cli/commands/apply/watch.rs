//! The look at the mail log in the end of `apply` and `rollback`.

use crate::cli::args::Watching;
use crate::cli::commands::seen::services;
use crate::cli::commands::sides::{Computed, Texts};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::deployed::{Hosts, MailLog};
use crate::diag::printable;
use crate::formats::MapEntry;
use crate::logs::{Watch, Watched};
use crate::report::{counted, thousands};
use serde_json::{Value, json};

/// So many complaints of one Postfix are shown.
const SHOWN: usize = 10;

/// The logs of those who read what is about to change.
pub(super) struct LogWatch {
    logs: Vec<(String, MailLog, Watched)>,
    seconds: u32,
    enough: usize,
}

impl LogWatch {
    /// Notes where the logs end, before anything changes; `None` where nobody asked for it, and where
    /// nothing changes.
    ///
    /// # Errors
    ///
    /// The status to exit with; everything was said.
    pub(super) fn begin(
        context: &mut Context<'_, '_>,
        hosts: &mut Hosts<'_>,
        watching: &Watching,
        targets: &[(&Texts<'_>, &Computed<'_>)],
    ) -> Result<Option<Self>, Exit> {
        let Some(seconds) = watching.watch_log else { return Ok(None) };
        let enough = watching.watch_deliveries;
        let changes = |(texts, computed): &&(&Texts<'_>, &Computed<'_>)| {
            let is_unfinished = texts.records.iter().flatten().any(|it| it.unfinished);
            is_unfinished || computed.steps.as_ref().is_ok_and(|steps| !steps.is_empty())
        };
        let mut logs = Vec::new();
        for (texts, computed) in targets.iter().filter(changes) {
            let target = &texts.sides.target;
            let name = &target.name.value;
            let after = &computed.compared.after;
            let transports: Vec<(&str, &str)> = pairs(&after.transport).collect();
            let services = services(&transports);
            let found = MailLog::all(hosts, &context.global.directory, target, &services);
            let found = found.map_err(|why| {
                context.printer.error(&format!(
                    "target `{name}`: `--watch-log`: {}; nothing was changed",
                    printable(&why)
                ));
                Exit::Failed
            })?;
            let policies: Vec<&str> = pairs(&after.tls_policy).map(|(key, _)| key).collect();
            logs.extend(found.into_iter().map(|log| {
                let watched = Watched {
                    tables: log.tables().clone(),
                    policies: policies.iter().map(|key| key.to_lowercase()).collect(),
                };
                (name.clone(), log, watched)
            }));
        }
        Ok((!logs.is_empty()).then_some(Self { logs, seconds, enough }))
    }

    /// Waits until each log has told enough, some log complains of what was written, or the time is over;
    /// says what was found, and, after an apply, that it can be rolled back.
    pub(super) fn end(self, context: &mut Context<'_, '_>, can_roll_back: bool) -> Exit {
        let Self { mut logs, seconds, enough } = self;
        let world = context.world;
        let watched: Vec<Watched> = logs.iter().map(|(.., watched)| watched.clone()).collect();
        let mut watches: Vec<Watch<'_>> = watched.iter().map(Watch::new).collect();
        let mut failed: Vec<Option<String>> = vec![None; logs.len()];
        let mut look = |watches: &mut Vec<Watch<'_>>| {
            for (((_, log, _), watch), failed) in logs.iter_mut().zip(watches).zip(&mut failed) {
                if failed.is_none() {
                    *failed = log.more(&mut |bytes| watch.read(bytes)).err();
                }
            }
        };
        // What was said while maps were switched counts; what went out then does not.
        look(&mut watches);
        for watch in &mut watches {
            watch.deliveries = 0;
        }
        let complains = |watches: &[Watch<'_>]| watches.iter().any(|it| !it.complaints.is_empty());
        context.printer.note(&format!(" Watching the log, {seconds} s at most"));
        let mut left = seconds;
        while left > 0
            && !complains(&watches)
            && watches.iter().any(|watch| watch.deliveries < enough)
        {
            world.pause(1);
            left -= 1;
            look(&mut watches);
        }
        let mut exit = Exit::Done;
        let mut told = Vec::with_capacity(watches.len());
        for (((target, log, _), watch), failed) in logs.iter().zip(&watches).zip(&failed) {
            told.push(json(target, log.postfix(), watch, failed.as_deref()));
            if !tell(context, (target, log.postfix()), watch, failed.as_deref()) {
                exit = Exit::NotInForce;
            }
            if can_roll_back && !watch.complaints.is_empty() {
                context.printer.note(&format!(
                    "mail waits meanwhile; `mxward rollback --target {target}` puts back what was there before"
                ));
            }
        }
        context.printer.add("log", &Value::Array(told));
        exit
    }
}

fn pairs<'a>(entries: &'a [MapEntry<'_>]) -> impl Iterator<Item = (&'a str, &'a str)> {
    entries.iter().map(|entry| (&*entry.key, &*entry.value))
}

/// Says what a log told; whether all is well.
fn tell(
    context: &mut Context<'_, '_>,
    (target, postfix): (&str, &str),
    watch: &Watch<'_>,
    failed: Option<&str>,
) -> bool {
    if let Some(why) = failed {
        context.printer.error(&format!(
            "target `{target}`: everything was written, but the log of the Postfix of {postfix} was not \
             looked at to the end: {}",
            printable(why)
        ));
    }
    if !watch.complaints.is_empty() {
        let sum = watch.complaints.values().sum::<usize>();
        let mut lines: Vec<String> = watch
            .complaints
            .iter()
            .take(SHOWN)
            .map(|(complaint, count)| {
                format!("    {} × {}", thousands(*count), printable(&complaint.to_string()))
            })
            .collect();
        let rest = watch.complaints.len().saturating_sub(SHOWN);
        if rest > 0 {
            lines.push(format!("    and {} more", thousands(rest)));
        }
        context.printer.error(&format!(
            "target `{target}`: everything was written, but the log of the Postfix of {postfix} has {} about it:",
            counted(sum, "complaint")
        ));
        for line in lines {
            context.printer.note(&line);
        }
    }
    if watch.others > 0 {
        context.printer.note(&format!(
            "note: target `{target}`: the log of the Postfix of {postfix} has {} about policies of next hops \
             for which nothing of ours stands in a map",
            counted(watch.others, "complaint")
        ));
    }
    let is_well = watch.complaints.is_empty() && failed.is_none();
    if is_well && watch.deliveries == 0 {
        context.printer.note(&format!(
            "note: target `{target}`: the log of the Postfix of {postfix} has no delivery since, so it proves \
             nothing"
        ));
    } else if is_well {
        let deliveries = counted(watch.deliveries, "delivery");
        context.printer.note(&format!(
            "  Watched the log of the Postfix of {postfix}: {deliveries}, and no complaint about the maps"
        ));
    }
    is_well
}

fn json(target: &str, postfix: &str, watch: &Watch<'_>, failed: Option<&str>) -> Value {
    let complaints: Vec<Value> = watch
        .complaints
        .iter()
        .map(|(complaint, count)| json!({ "what": complaint.to_string(), "count": count }))
        .collect();
    json!({
        "target": target,
        "postfix": postfix,
        "deliveries": watch.deliveries,
        "complaints": complaints,
        "about_others": watch.others,
        "failed": failed,
    })
}
