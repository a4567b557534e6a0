-- Who has begun to send: a second host that has the same message must not. Notes of before have no owner.
ALTER TABLE intent ADD COLUMN owner BLOB NOT NULL DEFAULT x'';
