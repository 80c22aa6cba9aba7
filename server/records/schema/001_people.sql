-- Accounts, their sessions, and what slows down guessing.

CREATE TABLE person (
    id         INTEGER PRIMARY KEY, -- random, below 2^53
    login      TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    password   TEXT    NOT NULL, -- argon2id, encoded with its salt and costs
    created_ms INTEGER NOT NULL
);
CREATE INDEX person_by_role ON person (role);

CREATE TABLE session (
    token_hash BLOB    NOT NULL PRIMARY KEY, -- SHA-256
    person     INTEGER NOT NULL REFERENCES person (id),
    created_ms INTEGER NOT NULL,
    seen_ms    INTEGER NOT NULL,
    until_ms   INTEGER NOT NULL
);
CREATE INDEX session_by_person ON session (person, created_ms);
CREATE INDEX session_by_until ON session (until_ms);

-- Attempts counted against a login, an address or both, from since_ms on.
CREATE TABLE attempt (
    subject_hash BLOB    NOT NULL PRIMARY KEY,
    since_ms     INTEGER NOT NULL,
    count        INTEGER NOT NULL
);
CREATE INDEX attempt_by_since ON attempt (since_ms);

-- The first admin's one-time link, while there is no admin: at most one row.
CREATE TABLE setup (
    id         INTEGER PRIMARY KEY,
    token_hash BLOB    NOT NULL
);
