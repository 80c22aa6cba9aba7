-- What can be found: courses as they are listed, and the words they are found by.

CREATE TABLE listing (
    n            INTEGER PRIMARY KEY, -- rising with the day of listing; the row of listing_text
    course_id    TEXT    NOT NULL UNIQUE,
    title        TEXT    NOT NULL,
    summary      TEXT    NOT NULL,
    edition      TEXT    NOT NULL, -- of its occupation; '' for none
    code         TEXT    NOT NULL,
    trade        TEXT    NOT NULL, -- the occupation's name
    level        TEXT    NOT NULL, -- '' or '5' to '1'
    tags         TEXT    NOT NULL, -- one a line
    minutes      INTEGER NOT NULL,
    hours_tenths INTEGER NOT NULL,
    lessons      INTEGER NOT NULL,
    owner        INTEGER NOT NULL,
    master_name  TEXT    NOT NULL,
    cover_title  TEXT    NOT NULL, -- the title whose poster it shows; '' for none
    from_ms      INTEGER NOT NULL, -- free window; 0: no beginning
    until_ms     INTEGER NOT NULL, -- 0: no end
    words        TEXT    NOT NULL  -- digest of what stands in listing_text: the same words are not written again
);

-- What listings have in common, to be counted.
CREATE TABLE listing_facet (
    kind  TEXT    NOT NULL, -- 'level', 'tag', 'module', 'occupation'
    value TEXT    NOT NULL,
    n     INTEGER NOT NULL REFERENCES listing (n),
    PRIMARY KEY (kind, value, n)
);
CREATE INDEX listing_facet_by_listing ON listing_facet (n);

-- One row: how the words were made (CATALOGUE_VERSION). Another number: they are made anew at the next start.
CREATE TABLE listing_version (
    id      INTEGER PRIMARY KEY,
    version INTEGER NOT NULL
);

-- The full-text engine is SQLite's own: on another one this table is what that offers.
CREATE VIRTUAL TABLE listing_text USING fts5 (
    facets, title, trade, people, summary, lessons, spelt, spelt_lessons,
    tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2'
);
