-- Messages from subscribers that come in segments. Open: `closed_at` is NULL. Told: published at `told_at`, and kept for a
-- while so that segments which the operator sends again are recognised. The id is that of the first segment that came.
CREATE TABLE mo_message (
    id          BLOB    NOT NULL,
    operator_id BLOB    NOT NULL,
    -- What its segments have in common.
    message_key TEXT    NOT NULL,
    total       INTEGER NOT NULL,
    opened_at   INTEGER NOT NULL,
    -- Of all its segments.
    octets      INTEGER NOT NULL,
    closed_at   INTEGER,
    told_at     INTEGER
);
CREATE UNIQUE INDEX mo_message_once ON mo_message (id);
CREATE UNIQUE INDEX mo_message_open ON mo_message (operator_id, message_key) WHERE closed_at IS NULL;
CREATE INDEX mo_message_by_key ON mo_message (operator_id, message_key);
CREATE INDEX mo_message_by_age ON mo_message (operator_id, opened_at, octets) WHERE closed_at IS NULL;
CREATE INDEX mo_message_untold ON mo_message (operator_id, closed_at) WHERE closed_at IS NOT NULL AND told_at IS NULL;
CREATE INDEX mo_message_told ON mo_message (told_at) WHERE told_at IS NOT NULL;

CREATE TABLE mo_segment (
    message_id  BLOB    NOT NULL,
    number      INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    received_at INTEGER NOT NULL,
    -- Everything else that its PDU says, as JSON.
    about       TEXT    NOT NULL,
    octets      BLOB    NOT NULL
);
CREATE UNIQUE INDEX mo_segment_once ON mo_segment (message_id, number);
