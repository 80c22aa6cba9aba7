#include "school/viewing.h"

#include <string.h>

#define WATCHMEN                                                                                   \
    (ROLE_BIT(ROLE_ASSISTANT) | ROLE_BIT(ROLE_STAFF) | ROLE_BIT(ROLE_SUPERVISOR) |                 \
     ROLE_BIT(ROLE_AUDITOR) | ROLE_BIT(ROLE_ADMIN))

static const char *const words[] = {"public", "signed_in", "enrolled", "institution"};
static const char *const need_words[] = {NULL, "sign_in", "enrol", "institution"};

const char *viewing_word(viewing_kind kind)
{
    return words[kind];
}

const char *viewing_need_word(viewing_need need)
{
    return need_words[need];
}

bool viewing_parse(const char *word, viewing_kind *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        *kind = (viewing_kind)i;
        return true;
    }
    return false;
}

/* A word of a newer program is the strictest of ours: nobody belongs to institution "". */
bool viewing_read(records *db, const char *subject, viewing *is, GError **error)
{
    memset(is, 0, sizeof *is);
    query *row = records_query(db, SQL_VIEWING_READ, "t", subject);
    query_step_result step = query_step(row, error);
    if (step == QUERY_ROW && !viewing_parse(query_text(row, 0), &is->kind))
        is->kind = VIEWING_INSTITUTION;
    if (step == QUERY_ROW && !query_is_null(row, 1)) {
        g_strlcpy(is->of.code, query_text(row, 1), sizeof is->of.code);
        g_strlcpy(is->of.name, query_text(row, 2), sizeof is->of.name);
    }
    query_end(row);
    return step != QUERY_FAILED;
}

bool viewing_write(records *db, const char *subject, const viewing *is, GError **error)
{
    institution known;
    if (is->kind == VIEWING_INSTITUTION && !institution_read(db, is->of.code, &known, error))
        return false;
    return records_run(db, error, SQL_VIEWING_PUT, "ttt", subject, viewing_word(is->kind),
                       is->kind == VIEWING_INSTITUTION ? is->of.code : "");
}

/* ---- judging ---- */

static bool is_watchman(const person *who)
{
    return who->id != 0 && (WATCHMEN & ROLE_BIT(who->role)) != 0;
}

static bool is_enrolled(records *db, int64_t who, const char *course_id, bool *enrolled,
                        GError **error)
{
    g_autoptr(GError) failure = NULL;
    *enrolled = school_enrolment(db, who, course_id, NULL, NULL, &failure);
    if (!failure)
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool judge_institution(records *db, const person *who, const institution *of,
                              viewing_verdict *verdict, GError **error)
{
    institution own;
    if (!institution_of(db, who->id, &own, error))
        return false;
    if (of->code[0] != '\0' && strcmp(own.code, of->code) == 0)
        return true;
    verdict->need = NEED_INSTITUTION;
    verdict->of = *of;
    return true;
}

static void need_enrolment(const school_course *course, viewing_verdict *verdict)
{
    verdict->need = NEED_ENROL;
    g_strlcpy(verdict->course_id, course->id, sizeof verdict->course_id);
    g_strlcpy(verdict->course_title, course->title, sizeof verdict->course_title);
}

bool viewing_of_course(records *db, const person *who, const school_course *course,
                       viewing_verdict *verdict, GError **error)
{
    viewing right;
    bool enrolled = false;
    memset(verdict, 0, sizeof *verdict);
    if (is_watchman(who) || (who->id != 0 && who->id == course->owner))
        return true;
    if (!viewing_read(db, course->id, &right, error))
        return false;
    if (right.kind != VIEWING_PUBLIC && who->id == 0)
        verdict->need = NEED_SIGN_IN;
    else if (right.kind == VIEWING_INSTITUTION)
        return judge_institution(db, who, &right.of, verdict, error);
    else if (right.kind == VIEWING_ENROLLED) {
        if (!is_enrolled(db, who->id, course->id, &enrolled, error))
            return false;
        if (!enrolled)
            need_enrolment(course, verdict);
    }
    return true;
}

bool viewing_shows_course(records *db, const person *who, const school_course *course, bool *shown,
                          GError **error)
{
    *shown = course->shown || is_watchman(who) || (who->id != 0 && who->id == course->owner);
    if (*shown || course->state != COURSE_RETIRED || who->id == 0)
        return true;
    return is_enrolled(db, who->id, course->id, shown, error);
}

/* In any course that has the title; `first` is one of them to enrol in. */
static bool judge_enrolment(records *db, const person *who, const GArray *lessons,
                            viewing_verdict *verdict, GError **error)
{
    school_course course = {0};
    for (guint i = 0; i < lessons->len; i++) {
        bool enrolled;
        const char *id = g_array_index(lessons, school_lesson, i).course_id;
        if (!is_enrolled(db, who->id, id, &enrolled, error))
            return false;
        if (enrolled)
            return true;
    }
    if (lessons->len > 0 &&
        !school_course_read(db, g_array_index(lessons, school_lesson, 0).course_id, &course, error))
        return false;
    need_enrolment(&course, verdict);
    return true;
}

/* The class's own right. */
static bool judge_class(records *db, const person *who, const char *title_id, const GArray *lessons,
                        viewing_verdict *verdict, GError **error)
{
    viewing right;
    if (!viewing_read(db, title_id, &right, error))
        return false;
    if (right.kind == VIEWING_PUBLIC)
        return true;
    if (who->id == 0) {
        verdict->need = NEED_SIGN_IN;
        return true;
    }
    if (right.kind == VIEWING_INSTITUTION)
        return judge_institution(db, who, &right.of, verdict, error);
    return right.kind != VIEWING_ENROLLED || judge_enrolment(db, who, lessons, verdict, error);
}

/* Leaves out those of courses that are not shown to this person. */
static GArray *shown_lessons(records *db, const person *who, const char *title_id, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons_of_title(db, title_id, error);
    g_autoptr(GArray) shown = g_array_new(FALSE, FALSE, sizeof(school_lesson));
    for (guint i = 0; lessons && i < lessons->len; i++) {
        school_course course;
        bool is_shown;
        const school_lesson *lesson = &g_array_index(lessons, school_lesson, i);
        if (!school_course_read(db, lesson->course_id, &course, error) ||
            !viewing_shows_course(db, who, &course, &is_shown, error))
            return NULL;
        if (is_shown)
            g_array_append_val(shown, *lesson);
    }
    return lessons ? g_steal_pointer(&shown) : NULL;
}

/* One course that lets them in is enough; if none does, what the first one asks for. */
static bool judge_courses(records *db, const person *who, const GArray *lessons,
                          viewing_verdict *verdict, GError **error)
{
    viewing_verdict first = {0};
    for (guint i = 0; i < lessons->len; i++) {
        school_course course;
        viewing_verdict one;
        if (!school_course_read(db, g_array_index(lessons, school_lesson, i).course_id, &course,
                                error) ||
            !viewing_of_course(db, who, &course, &one, error))
            return false;
        if (one.need == NEED_NOTHING)
            return true;
        if (i == 0)
            first = one;
    }
    *verdict = first;
    return true;
}

bool viewing_of_title(records *db, const person *who, const char *title_id, int64_t owner,
                      viewing_verdict *verdict, GError **error)
{
    memset(verdict, 0, sizeof *verdict);
    if (is_watchman(who) || (who->id != 0 && who->id == owner))
        return true;
    g_autoptr(GArray) lessons = shown_lessons(db, who, title_id, error);
    if (lessons && lessons->len == 0 && owner == 0) {
        error_set(error, ERROR_MISSING, "title_missing", NULL, "There is no such class or lesson");
        return false;
    }
    return lessons && judge_class(db, who, title_id, lessons, verdict, error) &&
           (verdict->need != NEED_NOTHING || judge_courses(db, who, lessons, verdict, error));
}

void viewing_refuse(const viewing_verdict *verdict, GError **error)
{
    if (verdict->need == NEED_SIGN_IN)
        error_set(error, ERROR_DENIED, "viewing_sign_in", NULL, "Sign in to watch this");
    else if (verdict->need == NEED_ENROL)
        error_set(error, ERROR_DENIED, "viewing_enrol", NULL, "Enrol in the course to watch this");
    else if (verdict->need == NEED_INSTITUTION)
        error_set(error, ERROR_DENIED, "viewing_institution", NULL,
                  "This is for the people of %s: ask its staff to put your account on its list",
                  verdict->of.name[0] ? verdict->of.name : "an institution");
}
