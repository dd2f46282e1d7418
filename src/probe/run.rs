//! Many next hops at once.

use super::ask::ask;
use super::judge::judge;
use super::route::{Endpoint, Router};
use super::site::Site;
use super::verdict::{Does, Verdict};
use crate::dane::Tlsa;
use crate::names::DomainName;
use crate::postfix::{NextHop, TlsPolicy};
use crate::world::{Net, StarttlsLimits, StarttlsOutcome, StarttlsRequest};
use futures_util::future::{Either, LocalBoxFuture, Shared, join_all, select};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use hashbrown::HashMap;
use ipnet::IpNet;
use std::cell::RefCell;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How servers are probed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Networks that may be connected to although they are private or reserved.
    pub allow: Vec<IpNet>,
    /// How the client names itself.
    pub helo: DomainName,
    /// The bounds of each conversation.
    pub limits: StarttlsLimits,
    /// How many next hops are under way at once.
    pub window: usize,
    /// At most so many addresses of a next hop are connected to.
    pub addresses: usize,
    /// How long everything together may take.
    pub total: Option<Duration>,
}

/// A next hop and its policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The next hop.
    pub next_hop: NextHop,
    /// The policy that Postfix finds for it.
    pub policy: TlsPolicy,
    /// The anchors in the files of `tafile`, as TLSA records; `None` when one cannot be read.
    pub anchors: Option<Vec<Tlsa>>,
}

/// What came of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Its servers in the order of trying.
    pub servers: Vec<Server>,
    /// What happens where there is no server to ask.
    pub problem: Option<Verdict>,
    /// What was passed over, in phrases.
    pub passed_over: Vec<String>,
}

/// One address of a next hop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// The address.
    pub endpoint: Endpoint,
    /// What Postfix would do.
    pub verdict: Verdict,
    /// What the server said; `None` where there was no need to ask.
    pub outcome: Option<Arc<StarttlsOutcome>>,
}

impl Found {
    /// What becomes of mail for the next hop: the first server that takes it gets it, and a reply that
    /// is final ends it.
    pub fn does(&self) -> Does {
        let mut last = self.problem.as_ref().map(|it| &it.does);
        for server in &self.servers {
            let does = &server.verdict.does;
            if does.is_delivery() || *does == Does::Bounces {
                return does.clone();
            }
            last = Some(does);
        }
        last.cloned().unwrap_or_else(|| Does::NotProbed("nothing was asked".to_owned()))
    }
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Every next hop was probed.
    Done,
    /// The user wanted it to end.
    Interrupted,
    /// The time for everything together was over.
    OutOfTime,
}

/// Probes next hops side by side, and gives what came of each, with its index, as it comes.
///
/// Equal questions to one server are asked once, and each address is spoken with by one at a time.
///
/// # Errors
///
/// When nobody can be asked.
pub fn probe(
    net: &dyn Net,
    site: &Site,
    options: &Options,
    jobs: &[Job],
    take: &mut dyn FnMut(usize, Found),
) -> io::Result<Ended> {
    let prober = Prober {
        net,
        site,
        options,
        router: Router::new(net, site, options),
        asked: RefCell::default(),
    };
    let mut ended = Ended::Done;
    net.run(Box::pin(async {
        let one = |(index, job)| prober.probe(job).map(move |found| (index, found));
        let work = stream::iter(jobs.iter().enumerate()).map(one);
        let work = work.buffer_unordered(options.window.max(1));
        let work = pin!(work.for_each(|(index, found)| {
            take(index, found);
            std::future::ready(())
        }));
        let time = async {
            match options.total {
                Some(time) => net.pause(time).await,
                None => std::future::pending().await,
            }
        };
        let stop = pin!(async {
            match select(pin!(time), net.interrupted()).await {
                Either::Left(_) => Ended::OutOfTime,
                Either::Right(_) => Ended::Interrupted,
            }
        });
        if let Either::Right((how, _)) = select(work, stop).await {
            ended = how;
        }
    }))?;
    Ok(ended)
}

type Answered<'a> = Shared<LocalBoxFuture<'a, Arc<StarttlsOutcome>>>;

struct Prober<'a> {
    net: &'a dyn Net,
    site: &'a Site,
    options: &'a Options,
    router: Router<'a>,
    asked: RefCell<HashMap<StarttlsRequest, Answered<'a>>>,
}

impl Prober<'_> {
    async fn probe(&self, job: &Job) -> Found {
        let route = self.router.route(&job.next_hop, job.policy.level.checks_tlsa()).await;
        let refused = route.refused.iter().map(|(host, address, why)| {
            format!("{host}[{address}] was not connected to: it is {why}")
        });
        let mut passed_over: Vec<String> =
            if route.problem.is_some() { Vec::new() } else { refused.collect() };
        let left = route.endpoints.len().saturating_sub(self.options.addresses);
        if left > 0 {
            passed_over.push(format!("{left} more addresses were not connected to"));
        }
        let endpoints = route.endpoints.into_iter().take(self.options.addresses);
        let servers = join_all(endpoints.map(|endpoint| self.server(job, endpoint))).await;
        Found { servers, problem: route.problem, passed_over }
    }

    async fn server(&self, job: &Job, endpoint: Endpoint) -> Server {
        let Options { helo, limits, .. } = self.options;
        let (site, policy) = (self.site, &job.policy);
        let to = (&job.next_hop, policy);
        match ask(to, &endpoint, site, job.anchors.as_deref(), (helo, *limits)) {
            Err(verdict) => Server { endpoint, verdict: *verdict, outcome: None },
            Ok(asked) => {
                let outcome = self.answer(asked.request.clone()).await;
                let verdict = judge(policy, &endpoint, site, &asked, &outcome);
                Server { endpoint, verdict, outcome: Some(outcome) }
            }
        }
    }

    async fn answer(&self, request: StarttlsRequest) -> Arc<StarttlsOutcome> {
        let known = self.asked.borrow().get(&request).cloned();
        let answered = known.unwrap_or_else(|| {
            let (net, asked) = (self.net, request.clone());
            let new = async move { Arc::new(net.starttls(asked).await) };
            let new = new.boxed_local().shared();
            self.asked.borrow_mut().insert(request, new.clone());
            new
        });
        answered.await
    }
}
