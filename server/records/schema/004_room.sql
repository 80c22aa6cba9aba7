-- What was said in the rooms, kept for the history a newcomer sees and for audit. Never changed.

CREATE TABLE room_message (
    title_id     TEXT    NOT NULL,
    seq          INTEGER NOT NULL, -- rises by one in each room
    at_ms        INTEGER NOT NULL,
    programme_ms INTEGER NOT NULL, -- where the live picture was; 0: nowhere
    person       INTEGER NOT NULL,
    name         TEXT    NOT NULL, -- as it was then
    host         INTEGER NOT NULL, -- 0 or 1
    words        TEXT    NOT NULL,
    PRIMARY KEY (title_id, seq)
);
