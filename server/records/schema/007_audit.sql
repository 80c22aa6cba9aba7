-- What people with power did: one row each, kept for good.

CREATE TABLE audit (
    id          INTEGER PRIMARY KEY,
    at_ms       INTEGER NOT NULL,
    person      INTEGER NOT NULL,
    person_name TEXT    NOT NULL, -- as it stood then
    role        TEXT    NOT NULL, -- the words of person_role
    action      TEXT    NOT NULL, -- "class_cut"
    object      TEXT    NOT NULL, -- id of what it was done to
    reason      TEXT    NOT NULL
);

-- Staff ended it, and nobody may watch it any more. 0: no.
ALTER TABLE live_class ADD COLUMN cut_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX live_class_by_cut ON live_class (cut_ms);
