//! Many next hops at once.

use super::ask::ask;
use super::judge::judge;
use super::route::{Endpoint, Router};
use super::site::Site;
use super::verdict::{Does, Verdict};
use crate::dane::Tlsa;
use crate::names::DomainName;
use crate::postfix::{NextHop, TlsPolicy};
use crate::world::{
    AskedOnce, Ended, Net, StarttlsLimits, StarttlsOutcome, StarttlsRequest, side_by_side,
};
use futures_util::future::join_all;
use ipnet::IpNet;
use std::io;
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
    let router = Router::new(net, site, options);
    let prober = &Prober { net, site, options, router, asked: AskedOnce::default() };
    let one = |(index, job)| async move { (index, prober.probe(job).await) };
    side_by_side(net, (options.window, options.total), jobs.iter().enumerate().map(one), |found| {
        take(found.0, found.1);
    })
}

struct Prober<'a> {
    net: &'a dyn Net,
    site: &'a Site,
    options: &'a Options,
    router: Router<'a>,
    asked: AskedOnce<'a, StarttlsRequest, StarttlsOutcome>,
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
        let net = self.net;
        self.asked.get(request.clone(), || net.starttls(request)).await
    }
}
