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

static void widen_period(award_standing *standing, const ledger_progress *progress)
{
    if (progress->first_ms > 0 &&
        (standing->from_ms == 0 || progress->first_ms < standing->from_ms))
        standing->from_ms = progress->first_ms;
    standing->to_ms = MAX(standing->to_ms, progress->last_ms);
}

/* More than the lesson holds counts for no other lesson; a lesson watched to within the ledger's tolerance is whole. */
static int64_t covered_of(const school_lesson *lesson, int64_t covered_ms)
{
    if (!lesson->ended)
        return covered_ms;
    return ledger_whole(covered_ms, lesson->content_ms) ? lesson->content_ms
                                                        : MIN(covered_ms, lesson->content_ms);
}

static bool add_lesson(records *db, int64_t person, const school_lesson *lesson,
                       award_standing *standing, GError **error)
{
    ledger_progress progress;
    if (!ledger_read(db, person, lesson->title_id, &progress, error))
        return false;
    standing->lessons++;
    standing->lessons_with_end += lesson->ended;
    standing->content_ms += lesson->content_ms;
    standing->covered_ms += covered_of(lesson, progress.covered_ms);
    standing->credited_ms += progress.credited_ms;
    widen_period(standing, &progress);
    g_clear_pointer(&progress.covered, g_array_unref);
    return true;
}

static bool read_rule(records *db, int64_t person, const school_course *course,
                      award_standing *standing, GError **error)
{
    g_autoptr(GError) failure = NULL;
    school_rule rule = course->rule;
    school_enrolment(db, person, course->id, &rule, NULL, &failure);
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
