//! Many binds to one operator, at two sites of its: all are bound, share the load and keep one limit; one site's links are cut under
//! load, and nothing is lost. 8 binds, or 64 with `SMPP_STORIES=full`.

use super::{count, messages};
use crate::platform::pace::Pace;
use crate::platform::{my_turn, size};
use crate::process::BINARY;
use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE, Platform};
use smsc_sim::{Script, Smsc};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// Submits that one bind may have unanswered.
const WINDOW: usize = 10;
/// What the operator takes to answer: so some are unanswered when the links are cut.
const ANSWER: Duration = Duration::from_millis(30);
const LIMIT: Duration = Duration::from_secs(120);

struct Stage {
    platform: Platform,
    pace: Pace,
    sites: [Smsc; 2],
    binds: usize,
    host: GatewayProcess,
    messages: Vec<Message>,
}

impl Stage {
    fn new(binds: usize, cap: u32, messages_in_all: usize) -> Self {
        let platform = Platform::start(BINARY);
        let pace = Pace::start(&platform);
        // One operator gives an id once.
        let sites = [1, 1_000_000].map(|first| platform.smsc(Script::new().latency(ANSWER).first_id(first)));
        let half = (binds / 2).to_string();
        let session = |operator: Operator| {
            operator
                .session("binds", &half)
                .session("window", &WINDOW.to_string())
        };
        let [here, there] = &sites;
        let operator = session(Operator::at(here.addr())).primary_at(there.addr());
        let operator = session(operator)
            .set("tps_limit", &cap.to_string())
            .set("unmatched_after", "\"1h\"");
        let messages = messages(std::slice::from_ref(&operator), messages_in_all);
        let host = platform.host("host", &[operator]);
        Self {
            platform,
            pace,
            sites,
            binds,
            host,
            messages,
        }
    }

    /// All binds are up: the operator says so, and the host.
    fn until_bound(&self) {
        let half = u64::try_from(self.binds / 2).unwrap();
        for site in &self.sites {
            self.platform.seen(site, |seen| seen.bound == half);
        }
        let waiting = Instant::now();
        while self.host.metric("smpp_connector_binds_up", "") < count(self.binds) {
            assert!(waiting.elapsed() < PATIENCE, "{}", self.host.log());
            // A page of metrics is no event source.
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn submits(&self) -> usize {
        let submits = self.sites.iter().map(|site| site.counters().submits);
        usize::try_from(submits.sum::<u64>()).unwrap()
    }

    /// Cuts every link of one site when a third of the messages is with the operator.
    fn cut_under_load(&self) {
        let [here, there] = &self.sites;
        let third = self.messages.len() / 3;
        self.platform.seen(here, |_| self.submits() >= third);
        assert_eq!(there.cut_links(), self.binds / 2);
    }

    fn until_through(&self) {
        let ids: Vec<_> = self.messages.iter().map(Message::id).collect();
        self.platform.within(LIMIT, "every message ends", |ledger| {
            ledger.ended(&ids) == ids.len()
        });
        self.platform.ledger(|ledger| {
            for id in &ids {
                assert_eq!(ledger.fate(*id).outcomes, ["ACCEPTED"], "{id}");
            }
        });
    }

    /// Each message came, and again only what was unanswered on the links that were cut.
    fn nothing_is_lost(&self) {
        let mut copies: HashMap<String, usize> = HashMap::new();
        for submit in self.sites.iter().flat_map(Smsc::submits) {
            *copies.entry(submit.destination.digits).or_default() += 1;
        }
        assert_eq!(copies.len(), self.messages.len());
        let again = copies.values().map(|copies| copies - 1).sum::<usize>();
        assert!(again <= self.binds / 2 * WINDOW, "{again} were sent again");
    }

    /// When each submit_sm came, and by which bind, in this order.
    fn arrivals(&self) -> Vec<(Instant, (usize, u64))> {
        let links = self.sites.iter().enumerate().flat_map(|(site, smsc)| {
            let submits = smsc.submits().into_iter();
            submits.map(move |submit| (submit.at.into_std(), (site, submit.link)))
        });
        let mut arrivals: Vec<_> = links.collect();
        arrivals.sort_unstable();
        arrivals
    }
}

/// What each bind has carried of these, the least and the most; all of them have carried something.
fn shares(arrivals: &[(Instant, (usize, u64))], binds: usize) -> [usize; 2] {
    let mut shares: BTreeMap<_, usize> = BTreeMap::new();
    for (_, link) in arrivals {
        *shares.entry(*link).or_default() += 1;
    }
    assert_eq!(shares.len(), binds, "some bind has carried nothing: {shares:?}");
    [shares.values().min(), shares.values().max()].map(|share| *share.unwrap())
}

#[test]
fn many_binds_share_the_load_and_lose_nothing_when_half_are_cut() {
    let _turn = my_turn();
    let (binds, cap, in_all) = size((8, 200, 800), (64, 1_000, 30_000));
    let stage = Stage::new(binds, cap, in_all);
    stage.until_bound();
    let idle = stage.host.own_memory();
    stage.platform.publish(&stage.messages);
    stage.cut_under_load();
    stage.until_through();
    stage.until_bound();
    stage.nothing_is_lost();
    stage.pace.holds_at(cap.into(), &stage.sites.each_ref());
    let arrivals = stage.arrivals();
    let [least, most] = shares(&arrivals[..in_all / 3], binds);
    assert!(
        most <= 4 * least,
        "{least} messages by one bind, {most} by another"
    );
    let took = arrivals[arrivals.len() - 1].0 - arrivals[0].0;
    println!(
        "{binds} binds: {:.0} % of the limit used, half of the links cut meanwhile; {least} to {most} messages a bind before that; {} MiB idle, \
         {} MiB after {in_all} messages",
        100.0 * count(arrivals.len()) / took.as_secs_f64() / f64::from(cap),
        idle >> 20,
        stage.host.own_memory() >> 20
    );
    assert!(stage.host.terminate().success());
}
