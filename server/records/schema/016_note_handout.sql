-- Who may read a handout is asked of the lessons that have it.

CREATE INDEX lesson_by_handout ON lesson (handout_id) WHERE handout_id <> '';
