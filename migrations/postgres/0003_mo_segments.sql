-- Messages from subscribers that come in segments. Open: `closed_at` is NULL. Told: published at `told_at`, and kept for a
-- while so that segments which the operator sends again are recognised. The id is that of the first segment that came.
-- Few rows that live for minutes: no partitions.
CREATE TABLE mo_message (
    id          uuid     NOT NULL PRIMARY KEY,
    operator_id uuid     NOT NULL,
    -- What its segments have in common.
    message_key text     NOT NULL,
    total       smallint NOT NULL,
    opened_at   bigint   NOT NULL,
    -- Of all its segments.
    octets      bigint   NOT NULL,
    closed_at   bigint,
    told_at     bigint
);
CREATE UNIQUE INDEX mo_message_open ON mo_message (operator_id, message_key) WHERE closed_at IS NULL;
CREATE INDEX mo_message_by_key ON mo_message (operator_id, message_key);
CREATE INDEX mo_message_by_age ON mo_message (operator_id, opened_at) INCLUDE (octets) WHERE closed_at IS NULL;
CREATE INDEX mo_message_untold ON mo_message (operator_id, closed_at) WHERE closed_at IS NOT NULL AND told_at IS NULL;
CREATE INDEX mo_message_told ON mo_message (told_at) WHERE told_at IS NOT NULL;

CREATE TABLE mo_segment (
    message_id  uuid     NOT NULL,
    number      smallint NOT NULL,
    id          uuid     NOT NULL,
    received_at bigint   NOT NULL,
    -- Everything else that its PDU says, as JSON.
    about       text     NOT NULL,
    octets      bytea    NOT NULL,
    PRIMARY KEY (message_id, number)
);
