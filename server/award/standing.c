#include "award/award.h"

#include <string.h>

#include "ledger/ledger.h"

#define MINUTE_MS 60000

void award_judge(award_standing *standing)
{
    int64_t content_ms = standing->content_ms;
    standing->coverage_permille =
        content_ms > 0 ? (int32_t)(MIN(standing->covered_ms, content_ms) * 1000 / content_ms) : 0;
    standing->lessons_ended =
        standing->lessons > 0 && standing->lessons_with_end == standing->lessons;
    standing->eligible = standing->lessons_ended && content_ms > 0 &&
                         standing->coverage_permille >= standing->coverage_needed_permille &&
                         standing->credited_ms >= (int64_t)standing->minutes_needed * MINUTE_MS;
}

static void widen_period(award_standing *standing, const award_lesson *lesson)
{
    if (lesson->first_ms > 0 && (standing->from_ms == 0 || lesson->first_ms < standing->from_ms))
        standing->from_ms = lesson->first_ms;
    standing->to_ms = MAX(standing->to_ms, lesson->last_ms);
}

/* More than the lesson holds counts for no other lesson; a lesson watched to within the ledger's tolerance is whole. */
static int64_t covered_of(const award_lesson *lesson)
{
    if (!lesson->ended)
        return lesson->covered_ms;
    return lesson->complete ? lesson->content_ms : MIN(lesson->covered_ms, lesson->content_ms);
}

/* Its content, ended and title_id are given. */
static bool read_title(records *db, int64_t person, award_lesson *is, GError **error)
{
    ledger_progress progress;
    if (!ledger_read(db, person, is->title_id, &progress, error))
        return false;
    is->covered_ms = progress.covered_ms;
    is->credited_ms = progress.credited_ms;
    is->first_ms = progress.first_ms;
    is->last_ms = progress.last_ms;
    is->complete = is->ended && ledger_whole(is->covered_ms, is->content_ms);
    g_clear_pointer(&progress.covered, g_array_unref);
    return true;
}

/* An earlier version that is complete takes the place of what *is says when that is not, or has less credit. */
static bool look_back(records *db, int64_t person, const school_lesson *lesson, award_lesson *is,
                      GError **error)
{
    g_autoptr(GArray) pasts = school_lesson_pasts(db, lesson->id, error);
    for (guint i = 0; pasts && i < pasts->len; i++) {
        const lesson_past *past = &g_array_index(pasts, lesson_past, i);
        award_lesson then = {
            .version = past->version, .content_ms = past->content_ms, .ended = past->ended};
        g_strlcpy(then.title_id, past->title_id, sizeof then.title_id);
        if (!read_title(db, person, &then, error))
            return false;
        if (then.complete && (!is->complete || then.credited_ms > is->credited_ms))
            *is = then;
    }
    return pasts != NULL;
}

bool award_lesson_read(records *db, int64_t person, const school_lesson *lesson, award_lesson *is,
                       GError **error)
{
    *is = (award_lesson){
        .version = lesson->version, .content_ms = lesson->content_ms, .ended = lesson->ended};
    g_strlcpy(is->title_id, lesson->title_id, sizeof is->title_id);
    if (lesson->title_id[0] == '\0')
        return true;
    if (!read_title(db, person, is, error))
        return false;
    return lesson->version == 1 || look_back(db, person, lesson, is, error);
}

/* Documents and links take no time and are no condition. */
static bool add_lesson(records *db, int64_t person, const school_lesson *lesson,
                       award_standing *standing, GError **error)
{
    award_lesson is;
    if (lesson->title_id[0] == '\0')
        return true;
    if (!award_lesson_read(db, person, lesson, &is, error))
        return false;
    standing->lessons++;
    standing->lessons_with_end += is.ended;
    standing->content_ms += is.content_ms;
    standing->covered_ms += covered_of(&is);
    standing->credited_ms += is.credited_ms;
    widen_period(standing, &is);
    return true;
}

static bool read_rule(records *db, int64_t person, const school_course *course,
                      award_standing *standing, GError **error)
{
    g_autoptr(GError) failure = NULL;
    school_rule rule = course->rule;
    standing->hour_minutes = course->hour_minutes;
    school_enrolment(db, person, course->id, &rule, NULL, &failure);
    if (!failure)
        school_enrolment_hour(db, person, course->id, &standing->hour_minutes, &failure);
    standing->coverage_needed_permille = rule.coverage_permille;
    standing->minutes_needed = rule.minutes;
    if (!failure)
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

bool award_stand(records *db, int64_t person, const school_course *course, award_standing *standing,
                 GError **error)
{
    memset(standing, 0, sizeof *standing);
    if (!read_rule(db, person, course, standing, error))
        return false;
    g_autoptr(GArray) lessons = school_lessons(db, course->id, error);
    if (!lessons)
        return false;
    for (guint i = 0; i < lessons->len; i++)
        if (!add_lesson(db, person, &g_array_index(lessons, school_lesson, i), standing, error))
            return false;
    award_judge(standing);
    return true;
}
