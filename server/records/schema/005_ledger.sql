-- What each learner has learnt of each title, and the chain of records that proves it.

-- The balance: written as absolute values. Spans are "0-5000,7000-9000" in title milliseconds.
CREATE TABLE ledger_account (
    person      INTEGER NOT NULL,
    title_id    TEXT    NOT NULL,
    covered     TEXT    NOT NULL,
    delivered   TEXT    NOT NULL,
    covered_ms  INTEGER NOT NULL,
    credited_ms INTEGER NOT NULL,
    resume_ms   INTEGER NOT NULL,
    first_ms    INTEGER NOT NULL, -- UTC of the first credit, 0 before
    last_ms     INTEGER NOT NULL,
    refused     TEXT    NOT NULL, -- "reason:ms,..."
    PRIMARY KEY (person, title_id)
);
CREATE INDEX ledger_account_by_title ON ledger_account (title_id, person);

-- Append-only: no statement of this house changes or deletes a row.
CREATE TABLE ledger_chain (
    n          INTEGER PRIMARY KEY,
    person     INTEGER NOT NULL,
    title_id   TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    chain_hash BLOB    NOT NULL
);
CREATE INDEX ledger_chain_by_account ON ledger_chain (person, title_id, n);
