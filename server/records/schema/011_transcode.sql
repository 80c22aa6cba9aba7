-- Uploaded files, the work done on them, and what is to be removed from the disk.

CREATE TABLE asset (
    id             TEXT    PRIMARY KEY,
    upload_id      TEXT    NOT NULL UNIQUE, -- whose file it was: told twice, it is taken once
    name           TEXT    NOT NULL,
    kind           TEXT    NOT NULL, -- the words of asset_kind
    bytes          INTEGER NOT NULL,
    sha256         TEXT    NOT NULL, -- hex
    owner          INTEGER NOT NULL REFERENCES person (id),
    created_ms     INTEGER NOT NULL,
    state          TEXT    NOT NULL, -- the words of asset_state
    facts          TEXT    NOT NULL, -- what the probe found, JSON; '': nothing yet
    trouble_code   TEXT    NOT NULL, -- '': none
    trouble_found  TEXT    NOT NULL,
    trouble_detail TEXT    NOT NULL,
    title_id       TEXT    NOT NULL, -- '': none (yet)
    duration_ms    INTEGER NOT NULL, -- of the title once ready, of the file before
    rungs          TEXT    NOT NULL, -- names with commas between, once ready
    source_kept    INTEGER NOT NULL  -- 1: the file is still there
);
CREATE INDEX asset_by_age ON asset (created_ms, id);
CREATE INDEX asset_by_owner ON asset (owner, created_ms, id);
CREATE INDEX asset_by_title ON asset (title_id);

CREATE TABLE asset_job (
    id             TEXT    PRIMARY KEY,
    asset_id       TEXT    NOT NULL REFERENCES asset (id),
    kind           TEXT    NOT NULL, -- the words of job_kind
    state          TEXT    NOT NULL, -- the words of job_state
    priority       INTEGER NOT NULL, -- 0 first
    place          INTEGER NOT NULL, -- lower first, among those of one priority
    attempts       INTEGER NOT NULL, -- how often a worker began it
    deaths         INTEGER NOT NULL, -- of workers, one after the other, at about the same place
    done_ms        INTEGER NOT NULL, -- of the title, when its last worker left
    wait_until_ms  INTEGER NOT NULL, -- UTC; not before
    trouble_code   TEXT    NOT NULL, -- '': none
    trouble_found  TEXT    NOT NULL,
    trouble_detail TEXT    NOT NULL,
    created_ms     INTEGER NOT NULL,
    started_ms     INTEGER NOT NULL, -- the last time; 0: not yet
    ended_ms       INTEGER NOT NULL  -- 0: it is open
);
CREATE INDEX asset_job_open ON asset_job (ended_ms, kind, priority, place);
CREATE INDEX asset_job_by_asset ON asset_job (asset_id, created_ms, id);

-- One row: whether the whole queue rests.
CREATE TABLE queue_switch (
    id     INTEGER PRIMARY KEY,
    paused INTEGER NOT NULL
);
INSERT INTO queue_switch (id, paused) VALUES (1, 0);

-- What is to be removed from the data directory: said first, done afterwards, also by the next start.
CREATE TABLE discarded (
    path  TEXT    PRIMARY KEY, -- "titles/<id>", "sources/<id>", below the data directory
    at_ms INTEGER NOT NULL
);

-- The recording went by retention; the class stays. 0: it is there.
ALTER TABLE live_class ADD COLUMN removed_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX live_class_by_end ON live_class (removed_ms, closed_ms);
