-- Who may watch what, where people belong, links that show a class elsewhere, and the plan of classes to come.

CREATE TABLE institution (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE INDEX institution_by_name ON institution (name, code);

CREATE TABLE membership (
    person      INTEGER PRIMARY KEY REFERENCES person (id),
    institution TEXT    NOT NULL REFERENCES institution (code)
);

-- They have no sessions and get none.
CREATE TABLE blocked (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    at_ms  INTEGER NOT NULL
);
CREATE INDEX person_by_name ON person (name, login);

-- Of a course, or of a class by its title; no row: everybody may watch.
CREATE TABLE viewing (
    subject     TEXT PRIMARY KEY, -- course id or title id: all are random
    allowed     TEXT NOT NULL,    -- the words of viewing_kind
    institution TEXT NOT NULL     -- '' unless allowed says so
);

-- Passes of this subject given at or before at_ms are void.
CREATE TABLE revocation (
    subject TEXT    PRIMARY KEY, -- "p<person>", "t<title>", "e<embed>"
    at_ms   INTEGER NOT NULL
);
CREATE INDEX revocation_by_time ON revocation (at_ms);

-- Somebody left a course, or was made to leave by somebody else: then only these let them in again.
CREATE TABLE withdrawal (
    person    INTEGER NOT NULL REFERENCES person (id),
    course_id TEXT    NOT NULL REFERENCES course (id),
    at_ms     INTEGER NOT NULL,
    by_person INTEGER NOT NULL,
    PRIMARY KEY (person, course_id)
);
CREATE INDEX withdrawal_by_course ON withdrawal (course_id, person);

CREATE TABLE embed (
    id         INTEGER PRIMARY KEY, -- random, below 2^53
    class_id   TEXT    NOT NULL REFERENCES live_class (id),
    site       TEXT    NOT NULL,    -- origin of the page that may show it; '' for any
    made_by    INTEGER NOT NULL,
    made_ms    INTEGER NOT NULL,
    until_ms   INTEGER NOT NULL,
    revoked_ms INTEGER NOT NULL     -- 0: not
);
CREATE INDEX embed_by_class ON embed (class_id, made_ms, id);

-- What a plan has beside its time; no row: as it was made.
CREATE TABLE class_plan (
    class_id   TEXT    PRIMARY KEY REFERENCES live_class (id),
    minutes    INTEGER NOT NULL,
    sequence   INTEGER NOT NULL, -- rises with every change (RFC 5545 3.8.7.4)
    changed_ms INTEGER NOT NULL
);
CREATE INDEX live_class_by_plan ON live_class (state, planned_ms, id);
CREATE INDEX live_class_by_course ON live_class (course_id, planned_ms);

CREATE TABLE reminder (
    class_id TEXT    NOT NULL REFERENCES live_class (id),
    person   INTEGER NOT NULL REFERENCES person (id),
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (class_id, person)
);
CREATE INDEX reminder_by_person ON reminder (person, class_id);

-- The hook was told of this class and this time.
CREATE TABLE reminded (
    class_id   TEXT    PRIMARY KEY REFERENCES live_class (id),
    planned_ms INTEGER NOT NULL,
    told_ms    INTEGER NOT NULL
);

-- The serial is in the address of a person's calendar: a new one makes the old address void.
CREATE TABLE calendar (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    serial INTEGER NOT NULL
);
