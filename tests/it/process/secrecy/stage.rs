//! What is played, and what of it is shown.

use super::needles::{Needles, Shown};
use crate::policy::{HOSTILE, plugin};
use crate::process::{BINARY, Told, run};
use smpp_connector_tests::{Collector, GatewayProcess, Message, Operator, PATIENCE, http, write_files_with};
use smsc_sim::{Mo, Rule, Script, Smsc, Then, When};
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Recipients begin so, and so does who writes to us.
const NUMBER: &str = "4915777000";
const SUBSCRIBER: &str = "4917688111222";
/// Words of texts in the default alphabet and in UCS2.
const WORD: &str = "rendezvous";
const WIDE: &str = "сокровище";
const PASSWORD: &str = "hush3141";
const REFUSED: &str = "mum92653";
const TOKEN: &str = "sesame-2718281828";
pub(super) const WRONG: &str = "guess-5772156649";
const COLLECTOR: &str = "collect-6180339887";
/// Of NATS, PostgreSQL and Redis.
pub(super) const SERVERS: [&str; 3] = ["nats-4142135623", "postgres-7320508075", "redis-2360679774"];

pub(super) fn needles() -> Needles {
    let words = [
        NUMBER,
        &SUBSCRIBER[2..11],
        WORD,
        WIDE,
        PASSWORD,
        REFUSED,
        TOKEN,
        WRONG,
        COLLECTOR,
    ];
    Needles::new(&[&words[..], &SERVERS[..]].concat())
}

pub(super) struct Stage {
    pub(super) runtime: Runtime,
    smsc: Smsc,
    refusing: Smsc,
    collector: Collector,
    dir: TempDir,
    pub(super) operators: [Operator; 2],
    pub(super) settings: String,
    pub(super) shown: Shown,
}

impl Stage {
    pub(super) fn new(servers: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let start = |script| runtime.block_on(Smsc::start(script)).unwrap();
        let script = Script::new()
            .respond(Rule::when(When::DestinationSuffix("99".to_owned())).then(Then::Status(0x0B)))
            .respond(Rule::when(When::DestinationSuffix("98".to_owned())).then(Then::Status(0x45)))
            .respond(Rule::when(When::Nth(3)).then(Then::Status(0x58)))
            .respond(Rule::when(When::Nth(5)).then(Then::Body(b"an id that never ends".to_vec().into())));
        let (smsc, refusing) = (start(script), start(Script::new().bind_status(0x0E)));
        let collector = Collector::start();
        let dir = tempfile::tempdir().unwrap();
        let component = dir.path().join("hostile.wasm");
        std::fs::write(&component, plugin(HOSTILE)).unwrap();
        let secret = |word: &str| format!("\"{word}\"");
        let acme = Operator::at(smsc.addr())
            .plugin(component)
            .session("password", &secret(PASSWORD))
            .session("system_type", "\"logs\"");
        let beta = Operator::at(refusing.addr())
            .named("beta")
            .session("password", &secret(REFUSED));
        let settings = format!(
            "http.token = \"{TOKEN}\"\n{servers}\n[traces]\notlp = \"{}\"\nsample = 1.0\nheaders = {{ x-key = \"{COLLECTOR}\" }}\n",
            collector.url()
        );
        let operators = [acme, beta];
        write_files_with(dir.path(), &operators, &settings);
        Self {
            runtime,
            smsc,
            refusing,
            collector,
            dir,
            operators,
            settings,
            shown: Shown::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    fn launch(&self, format: &str) -> GatewayProcess {
        GatewayProcess::launch_as(BINARY, self.path(), "trace", format)
    }

    pub(super) fn seen(&self, enough: impl Fn(&smsc_sim::Counters) -> bool) {
        self.runtime
            .block_on(self.smsc.wait_until(enough, PATIENCE))
            .unwrap();
    }

    /// Messages of all kinds, and commands that are none.
    fn send(&self, gateway: &GatewayProcess, round: u32) {
        let to =
            |suffix: u32| Message::to(&format!("+{NUMBER}{round}{suffix:02}")).operator(self.operators[0].id);
        let long = format!("the {WORD} is at noon ").repeat(20);
        let messages = [
            to(1).text(&format!("a secret {WORD}")),
            to(2).text(&long),
            to(3).text(&format!("вот {WIDE}")).with("encoding", "UCS2".into()),
            to(4)
                .text(&format!("вот {WIDE} ").repeat(20))
                .with("longMessageStrategy", "TLV".into()),
            to(5)
                .text(&format!("flash {WORD}"))
                .with("messageType", "FLASH".into()),
            to(6)
                .text(&format!("from {WORD}"))
                .with("from", SUBSCRIBER.into()),
            to(7).text(&format!("!encoding:quote {WORD} {WIDE}")),
            to(8).text(&format!("!splitting:quote {WORD}")),
            to(9).text(&format!("!submit:quote {WORD}")),
            to(10).text(&format!("!encoding:trap {WORD}")),
            to(11).text(&format!("!splitting:bad-none {WORD}")),
            to(12).text(WORD).with(
                "tlvs",
                serde_json::json!([{ "tag": 5120, "value": hex::encode(WORD) }]),
            ),
            to(98).text(&format!("refused {WORD}")),
            to(99).text(&format!("refused {WORD}")),
        ];
        for message in &messages {
            let answer = self.post(gateway, TOKEN, message.json().as_bytes());
            assert_eq!(answer.status, 202, "{}", answer.body);
        }
        let bad = Message::to("+4915777000123456789").text(&format!("never sent {WORD}"));
        for body in [
            bad.json(),
            format!("{{ \"text\": \"{WORD}"),
            bad.with("encoding", WORD.into()).json(),
        ] {
            let answer = self.post(gateway, TOKEN, body.as_bytes());
            assert!((400..=422).contains(&answer.status), "{}", answer.body);
        }
    }

    fn post(&self, gateway: &GatewayProcess, token: &str, body: &[u8]) -> http::Answer {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        http::request("POST", &gateway.url("/api/v1/messages"), &headers, body).unwrap()
    }

    /// What operators deliver, whole and broken.
    fn deliver(&self) {
        let text = format!("id:4711 sub:001 stat:DELIVRD err:000 text:the {WORD}");
        let wide: Vec<u8> = WIDE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mo = |text: &str| Mo::text(SUBSCRIBER, "12345", text);
        for delivered in [
            mo(&format!("whispers of a {WORD}")),
            mo(&format!("!quote {WORD}")),
            mo(&format!("!trap {WORD}")),
            Mo {
                octets: wide.clone().into(),
                data_coding: 8,
                ..mo("")
            },
            Mo {
                octets: wide.into(),
                data_coding: 4,
                ..mo("")
            },
            Mo {
                esm_class: 4,
                ..mo(&text)
            },
            Mo {
                esm_class: 4,
                ..mo(&format!("what is this {WORD}?"))
            },
            Mo {
                esm_class: 0x40,
                octets: format!("\u{5}\0\u{3}\u{7}\u{2}\u{1}half a {WORD}")
                    .into_bytes()
                    .into(),
                ..mo("")
            },
            mo(&format!("{WORD} ").repeat(40)),
        ] {
            self.runtime.block_on(self.smsc.send_mo(delivered)).unwrap();
        }
        // A deliver_sm that is none, one whose parameters are cut short, an answer to nothing, an unknown command, an alert.
        let cut = [
            b"\0\x01\x01".as_slice(),
            SUBSCRIBER.as_bytes(),
            b"\0\x01\x01",
            b"12345\0",
            &[0; 9],
            WORD.as_bytes(),
        ]
        .concat();
        let alert = [
            b"\x01\x01".as_slice(),
            SUBSCRIBER.as_bytes(),
            b"\0\x01\x0112345\0",
        ]
        .concat();
        for (command, body) in [
            (0x05, WORD.as_bytes()),
            (0x05, &cut),
            (0x8000_0004, format!("{WORD} {SUBSCRIBER}").as_bytes()),
            (0xEE00_0000, SUBSCRIBER.as_bytes()),
            (0x0102, &alert),
        ] {
            self.smsc.send_raw(pdu(command, body));
        }
    }

    /// What anybody may see, and what is told to who has no token.
    fn look(&mut self, gateway: &GatewayProcess) {
        for page in [
            "/",
            "/healthz",
            "/readyz",
            "/api/v1/openapi.json",
            "/console/app.js",
            "/console/none.js",
        ] {
            self.shown.add(page, gateway.get(page).body);
        }
        let bearer = |token: &str| format!("Bearer {token}");
        for page in [
            "/metrics",
            "/api/v1/operators",
            "/api/v1/events",
            "/api/v1/odd-pdus",
            "/api/v1/decisions",
            "/api/v1/plugins",
        ] {
            let answer = http::request(
                "GET",
                &gateway.url(page),
                &[("Authorization", &bearer(WRONG))],
                b"",
            )
            .unwrap();
            assert_eq!(answer.status, 401, "{page}");
            self.shown.add(format!("401 at {page}"), answer.body);
        }
        let answer = self.post(gateway, WRONG, Message::to(NUMBER).text(WORD).json().as_bytes());
        self.shown.add("401 of a message", answer.body);
        for page in [
            "/metrics",
            "/api/v1/operators",
            "/api/v1/odd-pdus",
            "/api/v1/pdus?operator=acme",
            "/api/v1/decisions?limit=10000",
            "/api/v1/decisions?limit=10000&fields=true",
            "/api/v1/decisions/summary",
            "/api/v1/plugins",
            "/api/v1/plugins/acme",
            "/api/v1/reloads",
            "/api/v1/decisions?colour=red",
            "/api/v1/messages/none",
        ] {
            let answer = http::request(
                "GET",
                &gateway.url(page),
                &[("Authorization", &bearer(TOKEN))],
                b"",
            )
            .unwrap();
            self.shown.add(page, answer.body);
        }
    }

    /// Files that say that nothing private is in them, and the log of all lives.
    fn read_files(&mut self) {
        for name in [
            "gateway.log",
            "data/decisions.ndjson",
            "data/pdus.ndjson",
            "data/odd-pdus.ndjson",
            "plugins/acme.wasm.status.json",
        ] {
            let octets = std::fs::read(self.path().join(name)).unwrap_or_default();
            self.shown.add(name, String::from_utf8_lossy(&octets));
        }
        let spans: String = self
            .collector
            .requests()
            .iter()
            .map(|(_, body)| String::from_utf8_lossy(body).into_owned())
            .collect();
        self.shown.add("traces", spans);
    }

    /// A file with a mistake next to its password, while the gateway runs.
    fn spoil(&mut self, gateway: &GatewayProcess) {
        let file = self.path().join("operators/gamma.toml");
        std::fs::write(
            &file,
            format!("tps_limit = 1\n[[session]]\npassword = \"{PASSWORD}\nhost = 1\n"),
        )
        .unwrap();
        wait(|| gateway.log().contains("are not applied"));
        let told = run(self.path(), &["check"]);
        assert_eq!(told.code, 78);
        self.shown.add("check", shown(&told));
        std::fs::remove_file(file).unwrap();
    }

    /// The whole run: two lives, the first of which ends by kill -9.
    pub(super) fn play(&mut self, format: &str, disturb: impl FnOnce(&Self, &GatewayProcess)) {
        let first = self.launch(format);
        self.send(&first, 1);
        self.seen(|seen| seen.refused >= 2 && seen.receipts_acknowledged >= 8);
        self.deliver();
        disturb(self, &first);
        self.spoil(&first);
        self.look(&first);
        first.kill();
        let second = self.launch(format);
        self.send(&second, 2);
        self.seen(|seen| seen.refused >= 4 && seen.receipts_acknowledged >= 20);
        // No PDU can be found in it.
        self.smsc
            .send_raw([&[0, 0, 0, 3][..], WORD.as_bytes(), SUBSCRIBER.as_bytes()].concat());
        wait(|| self.refusing.counters().binds_refused >= 2);
        self.look(&second);
        assert!(second.terminate().success());
        self.read_files();
        let log = &self
            .shown
            .0
            .iter()
            .find(|(what, _)| what == "gateway.log")
            .unwrap()
            .1;
        for wanted in [
            "DEBUG",
            "cannot read",
            "odd PDU",
            "bind refused",
            "slowed down",
            "are not applied",
            "rewritten|plugin: ",
        ] {
            assert!(
                wanted.split('|').any(|word| log.contains(word)),
                "the run had no {wanted:?}"
            );
        }
    }
}

fn pdu(command: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    [
        &length.to_be_bytes(),
        &command.to_be_bytes(),
        &[0; 4],
        &9_u32.to_be_bytes(),
        body,
    ]
    .concat()
}

pub(super) fn shown(told: &Told) -> String {
    format!("{}{}", told.stdout, told.stderr)
}

pub(super) fn wait(enough: impl Fn() -> bool) {
    let started = Instant::now();
    while !enough() {
        assert!(started.elapsed() < PATIENCE, "the story did not go on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
