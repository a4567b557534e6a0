-- With the end, so that the last row of a key is one step away, however often an operator uses its ids again.
DROP INDEX correlation_by_key;
CREATE INDEX correlation_by_key ON correlation (operator_id, message_key, expires_at);
