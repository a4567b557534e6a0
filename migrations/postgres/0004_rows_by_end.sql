-- In the order of the days' partitions, so that the last row of a key is found without a look into each of them.
CREATE INDEX correlation_by_key_and_end ON correlation (operator_id, message_key, expires_at);
DROP INDEX correlation_by_key;
ALTER INDEX correlation_by_key_and_end RENAME TO correlation_by_key;
