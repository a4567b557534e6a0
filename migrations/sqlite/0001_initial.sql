-- Ids are 16 octets, times are microseconds since 1970 UTC. Rows are written once; only `parked` has marks that change.

-- One accepted part. A plain rowid table, because random message ids would scatter whole rows over a clustered one.
CREATE TABLE correlation (
    message_id          BLOB    NOT NULL,
    part_number         INTEGER NOT NULL,
    operator_message_id TEXT    NOT NULL,
    operator_id         BLOB    NOT NULL,
    message_key         TEXT    NOT NULL,
    id                  BLOB    NOT NULL,
    recipient           TEXT    NOT NULL,
    account_id          BLOB    NOT NULL,
    part_count          INTEGER NOT NULL,
    reference           INTEGER,
    submitted_at        INTEGER NOT NULL,
    expires_at          INTEGER NOT NULL
);
CREATE UNIQUE INDEX correlation_once ON correlation (message_id, part_number, operator_message_id);
CREATE INDEX correlation_by_key ON correlation (operator_id, message_key);
CREATE INDEX correlation_by_end ON correlation (expires_at);

-- The one outcome of a message: its smpp.submit event.
CREATE TABLE outcome (
    message_id  BLOB    NOT NULL,
    operator_id BLOB    NOT NULL,
    settled_at  INTEGER NOT NULL,
    event       BLOB    NOT NULL
);
CREATE UNIQUE INDEX outcome_once ON outcome (message_id);
CREATE INDEX outcome_by_time ON outcome (settled_at, message_id);

-- Messages whose sending has begun, where a part may be written at most once. Gone with the message's outcome.
CREATE TABLE intent (
    message_id  BLOB    NOT NULL,
    intended_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX intent_once ON intent (message_id);
CREATE INDEX intent_by_time ON intent (intended_at);

-- What receipts said. `seq` keeps the order of those that came in the same microsecond.
CREATE TABLE receipt (
    seq         INTEGER PRIMARY KEY,
    message_id  BLOB    NOT NULL,
    received_at INTEGER NOT NULL,
    part_number INTEGER NOT NULL,
    -- message_state, SMPP 3.4 section 5.2.28.
    state       INTEGER NOT NULL,
    is_final    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
);
CREATE UNIQUE INDEX receipt_once ON receipt (message_id, received_at, part_number, state, is_final);
CREATE INDEX receipt_by_end ON receipt (expires_at);

-- Receipts without a row. `matched`: the row came later. `reported`: published as unmatched.
CREATE TABLE parked (
    id          BLOB    NOT NULL,
    operator_id BLOB    NOT NULL,
    message_key TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    reading     TEXT    NOT NULL,
    raw         BLOB    NOT NULL,
    matched     INTEGER NOT NULL,
    reported    INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX parked_once ON parked (id);
CREATE INDEX parked_by_key ON parked (operator_id, message_key);
CREATE INDEX parked_by_time ON parked (received_at);
CREATE INDEX parked_matched ON parked (operator_id, received_at, id) WHERE matched = 1;
CREATE INDEX parked_unreported ON parked (operator_id, received_at, id) WHERE reported = 0;

-- Accepted commands until they are acknowledged. AUTOINCREMENT: a number is never used twice, so that the cursors of
-- the intakes only move forward.
CREATE TABLE dispatch (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    operator_id  BLOB    NOT NULL,
    published_at INTEGER NOT NULL,
    body         BLOB    NOT NULL
);
CREATE INDEX dispatch_by_operator ON dispatch (operator_id);

-- The published events. A dedup_id counts once for as long as its event is kept.
CREATE TABLE event (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    dedup_id TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    payload  TEXT    NOT NULL
);
CREATE UNIQUE INDEX event_once ON event (dedup_id);
