-- Who has begun to send: a second host that has the same message must not. Notes of before have no owner.
ALTER TABLE intent ADD COLUMN owner uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
