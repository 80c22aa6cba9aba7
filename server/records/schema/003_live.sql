-- Classes on air, planned, past: one row each, kept for good.

CREATE TABLE live_class (
    id          TEXT    PRIMARY KEY,
    title_id    TEXT    NOT NULL UNIQUE,
    title       TEXT    NOT NULL,
    course_id   TEXT    NOT NULL, -- '' for none
    publish_key TEXT    NOT NULL UNIQUE,
    master      INTEGER NOT NULL,
    master_name TEXT    NOT NULL, -- as it stood when the class was made
    state       TEXT    NOT NULL, -- the words of class_state
    planned_ms  INTEGER NOT NULL, -- 0: at once
    created_ms  INTEGER NOT NULL,
    started_ms  INTEGER NOT NULL, -- 0: not yet
    closed_ms   INTEGER NOT NULL, -- 0: not yet
    trouble     TEXT    NOT NULL,
    pattern     INTEGER NOT NULL  -- 1: the worker makes the picture
);
CREATE INDEX live_class_by_state ON live_class (state, created_ms, id);
CREATE INDEX live_class_by_master ON live_class (master, state, created_ms, id);
