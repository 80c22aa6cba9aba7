-- What drafts of courses have in their lessons: it is not to be removed while somebody works on them.

CREATE TABLE draft_use (
    course_id TEXT NOT NULL REFERENCES course (id),
    kind      TEXT NOT NULL, -- 'title', 'class' or 'asset'
    source    TEXT NOT NULL, -- its id
    lesson    TEXT NOT NULL, -- the title of the first lesson that has it, as typed
    PRIMARY KEY (kind, source, course_id)
);
CREATE INDEX draft_use_by_course ON draft_use (course_id);

-- Drafts typed before. The engine's own reader of JSON: another one begins without drafts.
INSERT INTO draft_use (course_id, kind, source, lesson)
SELECT course_id, kind, source, MIN(lesson)
FROM (SELECT d.course_id,
             CASE WHEN json_extract(l.value, '$.kind') = 'live' THEN 'class'
                  WHEN json_extract(l.value, '$.kind') = 'document' THEN 'asset'
                  WHEN json_extract(l.value, '$.asset_id') <> '' THEN 'asset'
                  ELSE 'title' END AS kind,
             CASE json_extract(l.value, '$.kind')
                  WHEN 'live' THEN json_extract(l.value, '$.class_id')
                  WHEN 'document' THEN json_extract(l.value, '$.handout_id')
                  WHEN 'link' THEN ''
                  ELSE COALESCE(NULLIF(json_extract(l.value, '$.asset_id'), ''),
                                json_extract(l.value, '$.title_id')) END AS source,
             substr(json_extract(l.value, '$.title'), 1, 60) AS lesson
      FROM course_draft d, json_each(d.body, '$.chapters') c, json_each(c.value, '$.lessons') l)
WHERE source <> ''
GROUP BY course_id, kind, source;
