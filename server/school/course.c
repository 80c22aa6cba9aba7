#include "school/school.h"

#include <string.h>
#include <sys/random.h>

#include "people/people.h"
#include "school/listing.h"
#include "school/text.h"

void school_id_new(char id[33])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t bytes[SCHOOL_ID_CHARS];
    if (getentropy(bytes, sizeof bytes) != 0)
        g_error("school: the system gives no random bytes");
    for (int i = 0; i < SCHOOL_ID_CHARS; i++)
        id[i] = letters[bytes[i] & 31];
    id[SCHOOL_ID_CHARS] = '\0';
}

static bool check_rule(const school_rule *rule, GError **error)
{
    if (rule->coverage_permille < 1 || rule->coverage_permille > 1000) {
        error_set(error, ERROR_INPUT, "out_of_range", "rule.coverage_permille",
                  "The coverage must be between 1 and 1000 permille");
        return false;
    }
    if (rule->minutes < 0 || rule->minutes > RULE_MINUTES_MAX) {
        error_set(error, ERROR_INPUT, "out_of_range", "rule.minutes",
                  "The minutes must be between 0 and %d", RULE_MINUTES_MAX);
        return false;
    }
    return true;
}

/* A published course is its own first version, made before anybody wrote a draft of it. */
static bool insert_course(records *db, const school_course *made, GError **error)
{
    return records_run(db, error, SQL_COURSE_ADD, "tttiiiitii", made->id, made->title,
                       made->summary, made->owner, (int64_t)made->rule.coverage_permille,
                       (int64_t)made->rule.minutes, made->created_ms,
                       course_state_word(made->state), (int64_t)made->version,
                       (int64_t)made->shown) &&
           (made->version == 0 ||
            records_run(db, error, SQL_VERSION_ADD, "tittiiiit", made->id, (int64_t)made->version,
                        "", "", (int64_t)0, (int64_t)0, made->created_ms, made->owner,
                        made->owner_name));
}

static bool add_course(records *db, base_clock *clock, const char *title, const char *summary,
                       int64_t owner, const school_rule *rule, course_state state,
                       school_course *made, GError **error)
{
    person who;
    memset(made, 0, sizeof *made);
    if (!school_text(made->title, COURSE_TITLE_MAX, 1, "title", title, error) ||
        !school_text(made->summary, COURSE_SUMMARY_MAX, 0, "summary", summary ? summary : "",
                     error) ||
        !check_rule(rule, error) || !people_by_id(db, owner, &who, error))
        return false;
    school_id_new(made->id);
    made->owner = owner;
    g_strlcpy(made->owner_name, who.name, sizeof made->owner_name);
    made->rule = *rule;
    made->created_ms = clock_utc_ms(clock);
    made->state = state;
    made->version = state == COURSE_PUBLISHED;
    made->shown = course_state_shows(state, made->version > 0);
    made->hour_minutes = HOUR_MINUTES;
    made->general_permille = GENERAL_ANY;
    return insert_course(db, made, error) && listing_refresh(db, made->id, error);
}

bool school_course_add(records *db, base_clock *clock, const char *title, const char *summary,
                       int64_t owner, const school_rule *rule, school_course *made, GError **error)
{
    return add_course(db, clock, title, summary, owner, rule, COURSE_PUBLISHED, made, error);
}

bool school_draft_add(records *db, base_clock *clock, const char *title, const char *summary,
                      int64_t owner, const school_rule *rule, school_course *made, GError **error)
{
    return add_course(db, clock, title, summary, owner, rule, COURSE_DRAFT, made, error);
}

/* Words this program does not know are left out. */
static guint read_modules(const char *lines)
{
    g_auto(GStrv) words = g_strsplit(lines, "\n", GENERAL_MODULES);
    guint mask = 0;
    general_module module;
    for (char **word = words; *word; word++)
        if (general_module_parse(*word, &module) && module != MODULE_NONE)
            mask |= MODULE_BIT(module);
    return mask;
}

/* What publishing writes. */
static void read_published(query *row, school_course *course)
{
    g_strlcpy(course->occupation_edition, query_text(row, 11), sizeof course->occupation_edition);
    g_strlcpy(course->occupation, query_text(row, 12), sizeof course->occupation);
    g_strlcpy(course->level, query_text(row, 13), sizeof course->level);
    g_strlcpy(course->tags, query_text(row, 14), sizeof course->tags);
    course->declared_tenths = (int32_t)query_int(row, 15);
    course->hour_minutes = (int32_t)query_int(row, 16);
    course->modules = read_modules(query_text(row, 17));
    course->general_permille = (int32_t)query_int(row, 18);
    course->free_from_ms = query_int(row, 19);
    course->free_until_ms = query_int(row, 20);
    g_strlcpy(course->cover, query_text(row, 21), sizeof course->cover);
}

/* A state of a newer program hides the course. */
static void read_course(query *row, school_course *course)
{
    memset(course, 0, sizeof *course);
    g_strlcpy(course->id, query_text(row, 0), sizeof course->id);
    g_strlcpy(course->title, query_text(row, 1), sizeof course->title);
    g_strlcpy(course->summary, query_text(row, 2), sizeof course->summary);
    course->owner = query_int(row, 3);
    course->rule.coverage_permille = (int32_t)query_int(row, 4);
    course->rule.minutes = (int32_t)query_int(row, 5);
    course->created_ms = query_int(row, 6);
    if (!course_state_parse(query_text(row, 7), &course->state))
        course->state = COURSE_RETIRED;
    course->version = (int32_t)query_int(row, 8);
    course->shown = query_int(row, 9) != 0;
    course->changed_ms = query_int(row, 10);
    read_published(row, course);
}

static bool name_owner(records *db, school_course *course, GError **error)
{
    person who;
    if (!people_by_id(db, course->owner, &who, error))
        return false;
    g_strlcpy(course->owner_name, who.name, sizeof course->owner_name);
    return true;
}

bool school_course_read(records *db, const char *id, school_course *course, GError **error)
{
    query *rows = records_query(db, SQL_COURSE_BY_ID, "t", id);
    switch (query_step(rows, error)) {
    case QUERY_ROW:
        read_course(rows, course);
        return name_owner(db, course, error);
    case QUERY_END:
        error_set(error, ERROR_MISSING, "no_course", NULL, "There is no course %s", id);
        return false;
    default:
        return false;
    }
}

/* All rows of a list of courses; the owners' names come after the list, with statements of their own. */
static GArray *read_courses(records *db, query *rows, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(school_course));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        school_course course;
        read_course(rows, &course);
        g_array_append_val(list, course);
    }
    if (step == QUERY_FAILED)
        return NULL;
    for (guint i = 0; i < list->len; i++)
        if (!name_owner(db, &g_array_index(list, school_course, i), error))
            return NULL;
    return g_steal_pointer(&list);
}

GArray *school_courses(records *db, int limit, GError **error)
{
    int64_t most = CLAMP(limit, 1, COURSES_MAX);
    return read_courses(db, records_query(db, SQL_COURSE_NEWEST, "i", most), error);
}

/* Where a page begins: behind this course, or before all there are. */
static bool begin_behind(records *db, const char *after, school_course *last, GError **error)
{
    *last = (school_course){.created_ms = G_MAXINT64};
    return !after || !*after || school_course_read(db, after, last, error);
}

/* One more than fits tells that there is another page. */
static void cut_page(GArray *courses, guint most, char next[33])
{
    bool more = courses->len > most;
    if (more)
        g_array_set_size(courses, most);
    g_strlcpy(next, more ? g_array_index(courses, school_course, most - 1).id : "", 33);
}

GArray *school_courses_of(records *db, const school_course_search *search, char next[33],
                          GError **error)
{
    school_course last;
    int64_t most = CLAMP(search->limit, 1, COURSES_MAX);
    const char *word = search->state ? course_state_word(*search->state) : "";
    if (!begin_behind(db, search->after, &last, error))
        return NULL;
    query *rows = search->owner   ? records_query(db, SQL_COURSE_OF_OWNER, "itiit", last.created_ms,
                                                  last.id, most + 1, search->owner, word)
                  : search->state ? records_query(db, SQL_COURSE_OF_STATE, "itit", last.created_ms,
                                                  last.id, most + 1, word)
                                  : records_query(db, SQL_COURSE_OF_ANYBODY, "iti", last.created_ms,
                                                  last.id, most + 1);
    GArray *courses = read_courses(db, rows, error);
    if (courses)
        cut_page(courses, (guint)most, next);
    return courses;
}

GArray *school_chapters(records *db, const char *course_id, GError **error)
{
    query *rows =
        records_query(db, SQL_CHAPTER_LIST, "ti", course_id, (int64_t)COURSE_CHAPTERS_MAX);
    g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(school_chapter));
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        school_chapter chapter = {0};
        g_strlcpy(chapter.id, query_text(rows, 0), sizeof chapter.id);
        g_strlcpy(chapter.title, query_text(rows, 1), sizeof chapter.title);
        g_array_append_val(list, chapter);
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

GArray *school_enrolments(records *db, int64_t learner, GError **error)
{
    query *rows =
        records_query(db, SQL_ENROLMENT_OF_PERSON, "ii", learner, (int64_t)ENROLMENTS_MAX);
    return read_courses(db, rows, error);
}
