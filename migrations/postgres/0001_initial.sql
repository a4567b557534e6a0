-- Times are microseconds since 1970 UTC. Rows are written once; only `parked` has marks that change.
--
-- What grows is partitioned by UTC day of the time at which it is over, or from which its age counts. The gateway makes the
-- days' partitions (`correlation_2026_11_23`) before it needs them, and drops a day when it is over. There is no default
-- partition: it would have to be searched for strays whenever a day is added.
--
-- Ids and keys of operators are octets, since PostgreSQL's text cannot hold a NUL; `convert_from(message_key, 'UTF8')` shows
-- them. There is no unique index where a batch that was sent twice does no harm: readers see such rows once.

-- One accepted part.
CREATE TABLE correlation (
    id                  uuid     NOT NULL,
    message_id          uuid     NOT NULL,
    operator_id         uuid     NOT NULL,
    account_id          uuid     NOT NULL,
    submitted_at        bigint   NOT NULL,
    expires_at          bigint   NOT NULL,
    reference           integer,
    part_number         smallint NOT NULL,
    part_count          smallint NOT NULL,
    operator_message_id bytea    NOT NULL,
    message_key         bytea    NOT NULL,
    recipient           text     NOT NULL
) PARTITION BY RANGE (expires_at);
CREATE INDEX correlation_by_key ON correlation (operator_id, message_key);
CREATE INDEX correlation_by_message ON correlation (message_id);

-- The one outcome of a message: its smpp.submit event. `published_day` is the first microsecond of the day on which its
-- command was published: the same for every delivery of it, so that the first outcome stands, whichever host is the first.
CREATE TABLE outcome (
    message_id    uuid   NOT NULL,
    operator_id   uuid   NOT NULL,
    published_day bigint NOT NULL,
    settled_at    bigint NOT NULL,
    event         bytea  NOT NULL,
    PRIMARY KEY (message_id, published_day)
) PARTITION BY RANGE (published_day);
CREATE INDEX outcome_by_time ON outcome (settled_at, message_id);

-- Messages whose sending has begun, where a part may be written at most once. Gone with the message's outcome.
CREATE TABLE intent (
    message_id  uuid   PRIMARY KEY,
    intended_at bigint NOT NULL
);

-- What receipts said. `seq` keeps the order of those that came in the same microsecond.
CREATE SEQUENCE receipt_seq CACHE 64;
CREATE TABLE receipt (
    seq         bigint   NOT NULL DEFAULT nextval('receipt_seq'),
    message_id  uuid     NOT NULL,
    received_at bigint   NOT NULL,
    expires_at  bigint   NOT NULL,
    part_number smallint NOT NULL,
    -- message_state, SMPP 3.4 section 5.2.28.
    state       smallint NOT NULL,
    is_final    boolean  NOT NULL
) PARTITION BY RANGE (expires_at);
ALTER SEQUENCE receipt_seq OWNED BY receipt.seq;
CREATE INDEX receipt_by_message ON receipt (message_id);

-- Receipts without a row. `matched`: the row came later. `reported`: published as unmatched.
CREATE TABLE parked (
    id          uuid    NOT NULL,
    operator_id uuid    NOT NULL,
    received_at bigint  NOT NULL,
    matched     boolean NOT NULL,
    reported    boolean NOT NULL DEFAULT false,
    message_key bytea   NOT NULL,
    reading     text    NOT NULL,
    raw         bytea   NOT NULL,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX parked_by_key ON parked (operator_id, message_key);
CREATE INDEX parked_matched ON parked (operator_id, received_at, id) WHERE matched;
CREATE INDEX parked_unreported ON parked (operator_id, received_at, id) WHERE NOT reported;
