#include <string.h>

#include "award/certificate.h"
#include "base/log.h"
#include "ledger/ledger.h"
#include "people/people.h"

#define MINUTE_MS 60000

static bool form_of_course(records *db, const char *course_id, award_form *form, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons(db, course_id, error);
    if (!lessons)
        return false;
    guint live = 0, all = 0;
    for (guint i = 0; i < lessons->len; i++) {
        const school_lesson *is = &g_array_index(lessons, school_lesson, i);
        all += is->title_id[0] != '\0';
        live += is->class_id[0] != '\0';
    }
    *form = live == 0 ? AWARD_RECORDED : live == all ? AWARD_LIVE : AWARD_MIXED;
    return true;
}

/* Everything it will say, as it is at this moment. */
static bool fill_in(records *db, base_clock *clock, const person *who, const school_course *course,
                    const award_standing *standing, const char *issuer, award_certificate *is,
                    GError **error)
{
    g_autofree char *evidence = ledger_head(db, error);
    memset(is, 0, sizeof *is);
    if (!evidence || !form_of_course(db, course->id, &is->form, error))
        return false;
    is->person = who->id;
    g_strlcpy(is->person_name, who->name, sizeof is->person_name);
    g_strlcpy(is->course_id, course->id, sizeof is->course_id);
    g_strlcpy(is->course_title, course->title, sizeof is->course_title);
    g_strlcpy(is->issuer, issuer, sizeof is->issuer);
    g_strlcpy(is->evidence, evidence, sizeof is->evidence);
    is->minutes = (int32_t)(standing->credited_ms / MINUTE_MS);
    is->hour_minutes = standing->hour_minutes;
    is->from_ms = standing->from_ms;
    is->to_ms = standing->to_ms;
    is->issued_ms = clock_utc_ms(clock);
    return true;
}

/* Enrolled and without a certificate so far? False without error: nothing to do. */
static bool may_be_due(records *db, int64_t learner, const char *course_id, GError **error)
{
    g_autoptr(GError) failure = NULL;
    award_certificate had;
    bool has = award_of_course(db, learner, course_id, &had, &failure);
    if (!failure && !has)
        return school_enrolment(db, learner, course_id, NULL, NULL, error);
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool issue(records *db, base_clock *clock, int64_t learner, const school_course *course,
                  const award_standing *standing, const char *issuer, award_certificate *is,
                  GError **error)
{
    person who;
    if (!people_by_id(db, learner, &who, error) ||
        !fill_in(db, clock, &who, course, standing, issuer, is, error) ||
        !certificate_add(db, is, error))
        return false;
    log_info("award", "certificate %s issued for course %s", is->serial, course->id);
    return true;
}

bool award_consider_course(records *db, base_clock *clock, int64_t learner, const char *course_id,
                           const char *issuer, bool *issued, award_certificate *certificate,
                           GError **error)
{
    g_autoptr(GError) failure = NULL;
    school_course course;
    award_standing standing;
    award_certificate made;
    bool due = may_be_due(db, learner, course_id, &failure) &&
               school_course_read(db, course_id, &course, &failure) &&
               award_stand(db, learner, &course, &standing, &failure) && standing.eligible &&
               issue(db, clock, learner, &course, &standing, issuer, &made, &failure);
    if (issued)
        *issued = due;
    if (due && certificate)
        *certificate = made;
    if (!failure)
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

GArray *award_consider(records *db, base_clock *clock, int64_t learner, const char *title_id,
                       const char *issuer, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons_of_title(db, title_id, error);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(award_certificate));
    for (guint i = 0; lessons && i < lessons->len; i++) {
        const char *course_id = g_array_index(lessons, school_lesson, i).course_id;
        award_certificate made;
        bool issued;
        if (!award_consider_course(db, clock, learner, course_id, issuer, &issued, &made, error))
            return NULL;
        if (issued)
            g_array_append_val(list, made);
    }
    return lessons ? g_steal_pointer(&list) : NULL;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* The next learners of all courses with this title: sorted, the same one maybe twice. */
static GArray *next_learners(records *db, const char *title_id, int64_t after, GError **error)
{
    g_autoptr(GArray) lessons = school_lessons_of_title(db, title_id, error);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (!lessons)
        return NULL;
    for (guint i = 0; i < lessons->len; i++) {
        const char *course_id = g_array_index(lessons, school_lesson, i).course_id;
        g_autoptr(GArray) some = school_enrolled(db, course_id, after, AWARD_BATCH_MAX, error);
        if (!some)
            return NULL;
        g_array_append_vals(all, some->data, some->len);
    }
    g_array_sort(all, by_number);
    return g_steal_pointer(&all);
}

bool award_consider_ended(records *db, base_clock *clock, const char *title_id, const char *issuer,
                          int64_t after, int64_t *next, GError **error)
{
    g_autoptr(GArray) learners = next_learners(db, title_id, after, error);
    if (!learners)
        return false;
    int64_t last = after;
    guint looked_at = 0;
    for (guint i = 0; i < learners->len && looked_at < AWARD_BATCH_MAX; i++) {
        int64_t learner = g_array_index(learners, int64_t, i);
        if (learner == last)
            continue;
        g_autoptr(GArray) made = award_consider(db, clock, learner, title_id, issuer, error);
        if (!made)
            return false;
        last = learner;
        looked_at++;
    }
    *next = looked_at == AWARD_BATCH_MAX ? last : 0;
    return true;
}
