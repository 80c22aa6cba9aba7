-- What was asked in the rooms, by whom it was answered, and who wants to know it too.

CREATE TABLE question (
    id                  INTEGER PRIMARY KEY, -- random, below 2^53
    title_id            TEXT    NOT NULL,
    at_ms               INTEGER NOT NULL,
    programme_ms        INTEGER NOT NULL, -- where the live picture was; 0: nowhere
    person              INTEGER NOT NULL,
    name                TEXT    NOT NULL, -- as it was then
    words               TEXT    NOT NULL,
    votes               INTEGER NOT NULL, -- rows of question_vote
    state               INTEGER NOT NULL, -- 0 open, 1 answered, 2 removed
    closed_ms           INTEGER NOT NULL, -- answered or removed; 0: open
    closed_programme_ms INTEGER NOT NULL,
    closed_by           INTEGER NOT NULL,
    closed_name         TEXT    NOT NULL,
    answer              TEXT    NOT NULL -- '': aloud, or not at all
);
CREATE INDEX question_by_state ON question (title_id, state, closed_ms, id);
CREATE INDEX question_by_time ON question (title_id, at_ms, id);

CREATE TABLE question_vote (
    question_id INTEGER NOT NULL REFERENCES question (id),
    person      INTEGER NOT NULL,
    PRIMARY KEY (question_id, person)
);
