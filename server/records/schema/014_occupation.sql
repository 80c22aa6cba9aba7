-- The classification of occupations, as imported. A code means something only together with its edition.

CREATE TABLE occupation (
    n          INTEGER PRIMARY KEY, -- rising; the row of occupation_text
    edition    TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    levels     TEXT    NOT NULL, -- of "54321" those there are
    tags       TEXT    NOT NULL, -- codes with a blank between
    changed_ms INTEGER NOT NULL,
    UNIQUE (edition, code)
);

-- Words of names and codes (catalogue/words.h, catalogue/pinyin.h). The full-text engine is SQLite's own.
CREATE VIRTUAL TABLE occupation_text USING fts5 (
    facets, name, spelt, tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2'
);
CREATE INDEX occupation_by_code ON occupation (code, edition);
