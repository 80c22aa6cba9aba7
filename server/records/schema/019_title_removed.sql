-- Titles that were shown once and are no more: whoever asks is told when they went, and why.

CREATE TABLE title_removed (
    title_id TEXT    PRIMARY KEY,
    at_ms    INTEGER NOT NULL,
    cause    TEXT    NOT NULL -- 'policy' (retention) or 'person'
);
CREATE INDEX title_removed_by_time ON title_removed (at_ms);

-- Recordings that went before: a person's deed stands in the audit.
INSERT INTO title_removed (title_id, at_ms, cause)
SELECT c.title_id, c.removed_ms,
       CASE WHEN EXISTS (SELECT 1 FROM audit a WHERE a.action = 'recording_removed' AND a.object = c.id)
            THEN 'person' ELSE 'policy' END
FROM live_class c WHERE c.removed_ms > 0;
