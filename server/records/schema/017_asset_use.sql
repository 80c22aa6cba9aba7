-- Which lessons give a handout.

CREATE INDEX lesson_by_handout ON lesson (handout_id, course_id);
