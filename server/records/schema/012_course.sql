-- Courses as editors make them: drafts, chapters, kinds of lessons, states, and versions with what they held.

ALTER TABLE course ADD COLUMN state TEXT NOT NULL DEFAULT 'published'; -- the words of course_state
ALTER TABLE course ADD COLUMN version INTEGER NOT NULL DEFAULT 1;      -- 0: never published
ALTER TABLE course ADD COLUMN shown INTEGER NOT NULL DEFAULT 1;        -- 0 or 1: learners may find it
ALTER TABLE course ADD COLUMN changed_ms INTEGER NOT NULL DEFAULT 0;   -- 0: as it was made
ALTER TABLE course ADD COLUMN occupation_edition TEXT NOT NULL DEFAULT '';
ALTER TABLE course ADD COLUMN occupation TEXT NOT NULL DEFAULT '';     -- its code, '' for none
ALTER TABLE course ADD COLUMN level TEXT NOT NULL DEFAULT '';          -- '' or '5' to '1'
ALTER TABLE course ADD COLUMN tags TEXT NOT NULL DEFAULT '';           -- one a line
ALTER TABLE course ADD COLUMN declared_tenths INTEGER NOT NULL DEFAULT 0; -- of an hour of training; 0: none declared
ALTER TABLE course ADD COLUMN hour_minutes INTEGER NOT NULL DEFAULT 45;
ALTER TABLE course ADD COLUMN modules TEXT NOT NULL DEFAULT '';        -- general modules it must have, one a line
ALTER TABLE course ADD COLUMN general_permille INTEGER NOT NULL DEFAULT -1; -- most of its minutes; -1: any
ALTER TABLE course ADD COLUMN free_from_ms INTEGER NOT NULL DEFAULT 0; -- 0: no beginning
ALTER TABLE course ADD COLUMN free_until_ms INTEGER NOT NULL DEFAULT 0; -- 0: no end
ALTER TABLE course ADD COLUMN cover TEXT NOT NULL DEFAULT '';          -- title whose poster it shows, '' for the first lesson's
CREATE INDEX course_by_shown ON course (shown, created_ms, id);
CREATE INDEX course_by_owner ON course (owner, created_ms, id);
CREATE INDEX course_by_state ON course (state, created_ms, id);

-- What an editor has typed so far; no row: as the course stands.
CREATE TABLE course_draft (
    course_id  TEXT    PRIMARY KEY REFERENCES course (id),
    edit       INTEGER NOT NULL, -- rises with every save
    body       TEXT    NOT NULL, -- JSON
    changed_ms INTEGER NOT NULL,
    changed_by INTEGER NOT NULL
);

-- Why the reviewers gave the draft back, last.
CREATE TABLE course_review (
    course_id TEXT    PRIMARY KEY REFERENCES course (id),
    reason    TEXT    NOT NULL,
    at_ms     INTEGER NOT NULL,
    by_person INTEGER NOT NULL,
    by_name   TEXT    NOT NULL
);

-- Never changed. body is '' for what was made before there were drafts.
CREATE TABLE course_version (
    course_id    TEXT    NOT NULL REFERENCES course (id),
    version      INTEGER NOT NULL,
    body         TEXT    NOT NULL, -- the draft as it was published
    note         TEXT    NOT NULL,
    lessons      INTEGER NOT NULL,
    minutes      INTEGER NOT NULL,
    published_ms INTEGER NOT NULL,
    by_person    INTEGER NOT NULL,
    by_name      TEXT    NOT NULL,
    PRIMARY KEY (course_id, version)
);
INSERT INTO course_version (course_id, version, body, note, lessons, minutes, published_ms, by_person, by_name)
SELECT c.id, 1, '', '', (SELECT COUNT(*) FROM lesson l WHERE l.course_id = c.id),
       (SELECT COALESCE(SUM(l.content_ms), 0) / 60000 FROM lesson l WHERE l.course_id = c.id), c.created_ms, c.owner,
       p.name
FROM course c JOIN person p ON p.id = c.owner;

CREATE TABLE course_chapter (
    course_id TEXT    NOT NULL REFERENCES course (id),
    id        TEXT    NOT NULL,
    position  INTEGER NOT NULL, -- from 1
    title     TEXT    NOT NULL,
    PRIMARY KEY (course_id, id)
);

-- kind shown to learners only while there is a proof_check of the same words.
CREATE TABLE course_master (
    course_id TEXT    NOT NULL REFERENCES course (id),
    position  INTEGER NOT NULL, -- from 1
    name      TEXT    NOT NULL,
    kind      TEXT    NOT NULL, -- the words of master_kind
    proof     TEXT    NOT NULL,
    intro     TEXT    NOT NULL,
    PRIMARY KEY (course_id, position)
);

-- Staff have seen that this proof is good; any other word of it is another proof.
CREATE TABLE proof_check (
    course_id TEXT    NOT NULL REFERENCES course (id),
    name      TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    proof     TEXT    NOT NULL,
    at_ms     INTEGER NOT NULL,
    by_person INTEGER NOT NULL,
    by_name   TEXT    NOT NULL,
    PRIMARY KEY (course_id, name, kind, proof)
);

-- The lesson table anew: documents and links have no title, and what left the course keeps its row with position 0.
CREATE TABLE lesson_new (
    id         TEXT    PRIMARY KEY,
    course_id  TEXT    NOT NULL REFERENCES course (id),
    position   INTEGER NOT NULL, -- from 1; 0: it left the course
    chapter_id TEXT    NOT NULL, -- '' for none
    kind       TEXT    NOT NULL, -- the words of lesson_kind
    title      TEXT    NOT NULL,
    title_id   TEXT    NOT NULL, -- '' for documents and links
    class_id   TEXT    NOT NULL, -- '' unless a live class
    content_ms INTEGER NOT NULL, -- 0 until the title has ended, and may stay 0 (a class nobody gave)
    ended      INTEGER NOT NULL, -- 0 or 1; 1 for documents and links
    version    INTEGER NOT NULL, -- from 1, rises when another title takes its place
    asset_id   TEXT    NOT NULL, -- '' for none
    handout_id TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    module     TEXT    NOT NULL  -- the words of general modules, '' for the trade itself
);
INSERT INTO lesson_new (id, course_id, position, chapter_id, kind, title, title_id, class_id, content_ms, ended,
                        version, asset_id, handout_id, url, module)
SELECT id, course_id, position, '', CASE WHEN class_id = '' THEN 'video' ELSE 'live' END, title, title_id, class_id,
       content_ms, ended, 1, '', '', '', ''
FROM lesson;
DROP TABLE lesson;
ALTER TABLE lesson_new RENAME TO lesson;
CREATE UNIQUE INDEX lesson_by_position ON lesson (course_id, position) WHERE position > 0;
CREATE UNIQUE INDEX lesson_by_course_title ON lesson (course_id, title_id) WHERE position > 0 AND title_id <> '';
CREATE INDEX lesson_by_course ON lesson (course_id, position);
CREATE INDEX lesson_by_title ON lesson (title_id);

-- What a lesson was before another title took its place: who completed it has completed the lesson.
CREATE TABLE lesson_past (
    lesson_id  TEXT    NOT NULL REFERENCES lesson (id),
    version    INTEGER NOT NULL,
    title_id   TEXT    NOT NULL,
    class_id   TEXT    NOT NULL,
    content_ms INTEGER NOT NULL,
    ended      INTEGER NOT NULL,
    until_ms   INTEGER NOT NULL, -- when the next one took over
    PRIMARY KEY (lesson_id, version)
);
CREATE INDEX lesson_past_by_title ON lesson_past (title_id);

-- How much a title that has ended holds, for the lessons it may still become.
CREATE TABLE title_end (
    title_id   TEXT    PRIMARY KEY,
    content_ms INTEGER NOT NULL
);
INSERT INTO title_end (title_id, content_ms)
SELECT title_id, MAX(content_ms) FROM lesson WHERE ended = 1 GROUP BY title_id;
