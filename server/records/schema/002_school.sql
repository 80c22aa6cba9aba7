-- Courses, their lessons in order, and who is enrolled by which rule.

CREATE TABLE course (
    id                TEXT    PRIMARY KEY,
    title             TEXT    NOT NULL,
    summary           TEXT    NOT NULL,
    owner             INTEGER NOT NULL REFERENCES person (id),
    coverage_permille INTEGER NOT NULL,
    minutes           INTEGER NOT NULL,
    created_ms        INTEGER NOT NULL
);
CREATE INDEX course_by_age ON course (created_ms, id);

-- content_ms is 0 until the title has ended, and may stay 0 (a class nobody gave); class_id is '' for a recorded lesson.
CREATE TABLE lesson (
    id         TEXT    PRIMARY KEY,
    course_id  TEXT    NOT NULL REFERENCES course (id),
    position   INTEGER NOT NULL,
    title      TEXT    NOT NULL,
    title_id   TEXT    NOT NULL,
    class_id   TEXT    NOT NULL,
    content_ms INTEGER NOT NULL,
    ended      INTEGER NOT NULL, -- 0 or 1
    UNIQUE (course_id, position),
    UNIQUE (course_id, title_id)
);
CREATE INDEX lesson_by_title ON lesson (title_id);

-- The rule is the course's at the moment of enrolment and never changes afterwards.
CREATE TABLE enrolment (
    person            INTEGER NOT NULL REFERENCES person (id),
    course_id         TEXT    NOT NULL REFERENCES course (id),
    coverage_permille INTEGER NOT NULL,
    minutes           INTEGER NOT NULL,
    since_ms          INTEGER NOT NULL,
    PRIMARY KEY (person, course_id)
);
CREATE INDEX enrolment_by_course ON enrolment (course_id, person);
