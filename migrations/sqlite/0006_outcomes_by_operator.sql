-- What an operator settled last is read when its dispatcher starts: among its own, not among those of a thousand others.
CREATE INDEX outcome_by_operator ON outcome (operator_id, settled_at, message_id);
DROP INDEX outcome_by_time;
