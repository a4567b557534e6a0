-- Operators to whom nothing is sent until a person says so.
CREATE TABLE operator_stop (
    operator_id    uuid   PRIMARY KEY,
    since          bigint NOT NULL,
    command_status bigint NOT NULL,
    reason         text   NOT NULL
);
