-- Operators to whom nothing is sent until a person says so.
CREATE TABLE operator_stop (
    operator_id    BLOB    NOT NULL,
    since          INTEGER NOT NULL,
    command_status INTEGER NOT NULL,
    reason         TEXT    NOT NULL
);
CREATE UNIQUE INDEX operator_stop_once ON operator_stop (operator_id);
