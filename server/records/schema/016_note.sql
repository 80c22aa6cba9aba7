-- What a learner wrote down beside a lesson: theirs alone.

CREATE TABLE note (
    id         INTEGER PRIMARY KEY, -- random, below 2^53
    person     INTEGER NOT NULL REFERENCES person (id),
    lesson_id  TEXT    NOT NULL,
    at_ms      INTEGER NOT NULL, -- title time
    text       TEXT    NOT NULL,
    changed_ms INTEGER NOT NULL
);
CREATE INDEX note_by_lesson ON note (person, lesson_id, at_ms, id);
