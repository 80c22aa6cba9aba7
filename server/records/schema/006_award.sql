-- Certificates: immutable but for their revocation. What they say is copied, so that it stays what was printed.

CREATE TABLE certificate (
    id             TEXT    PRIMARY KEY,
    serial         TEXT    NOT NULL UNIQUE,
    token          TEXT    NOT NULL UNIQUE, -- random, the only way to the public page
    person         INTEGER NOT NULL REFERENCES person (id),
    person_name    TEXT    NOT NULL,
    course_id      TEXT    NOT NULL REFERENCES course (id),
    course_title   TEXT    NOT NULL,
    issuer         TEXT    NOT NULL,
    evidence       TEXT    NOT NULL, -- the chain's newest hash when it was issued, hex
    form           TEXT    NOT NULL, -- live, recorded, mixed
    minutes        INTEGER NOT NULL,
    from_ms        INTEGER NOT NULL,
    to_ms          INTEGER NOT NULL,
    issued_ms      INTEGER NOT NULL,
    revoked_ms     INTEGER NOT NULL, -- 0: valid
    revoked_by     INTEGER NOT NULL, -- person id; 0: nobody
    revoked_reason TEXT    NOT NULL,
    UNIQUE (person, course_id)
);

-- The last serial number given out in each civil year (UTC+8).
CREATE TABLE certificate_count (
    year INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
);
