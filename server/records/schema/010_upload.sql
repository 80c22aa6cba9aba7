-- Files on their way in. A row stays after its file was taken, so that a client that missed the answer learns the end.

CREATE TABLE upload (
    id         TEXT    PRIMARY KEY,
    owner      INTEGER NOT NULL REFERENCES person (id),
    name       TEXT    NOT NULL, -- of the file, for people
    kind       TEXT    NOT NULL, -- the words of upload_kind
    metadata   TEXT    NOT NULL, -- Upload-Metadata as it was sent
    bytes      INTEGER NOT NULL,
    received   INTEGER NOT NULL, -- on disk for certain
    state      TEXT    NOT NULL, -- the words of upload_state
    shape      TEXT    NOT NULL, -- the words of upload_shape
    parts      TEXT    NOT NULL, -- of a final one: "id:bytes id:bytes"; else ''
    into_id    TEXT    NOT NULL, -- of a partial one: the final that takes it; else ''
    sha256     TEXT    NOT NULL, -- hexadecimal; '' until it is complete
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
);
CREATE INDEX upload_by_owner ON upload (owner, state, created_ms);
CREATE INDEX upload_by_state ON upload (state, id);
CREATE INDEX upload_by_expiry ON upload (state, expires_ms);
