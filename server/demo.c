#include "demo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "people/people.h"
#include "school/school.h"

#define DEMO_FILE "demo-people.txt"
#define DEMO_PASSWORD_CHARS 10
#define DEMO_LESSON_MS (3 * 60 * 1000)
#define DEMO_LESSON_TITLE "焊前安全检查（录播）"
#define DEMO_COURSE_TITLE "焊工（初级）· 平角焊实操"
#define DEMO_COURSE_SUMMARY                                                                        \
    "从焊前检查到平角焊成形：看直播、问老师、补看录播，学满即得培训合格证明。"
#define DEMO_CLASS_TITLE "第 3 讲 · 焊条角度与运条手法"

static const struct {
    const char *login, *name;
    person_role role;
} people[] = {
    {"zhao", "赵铁柱", ROLE_MASTER}, {"chen", "陈静", ROLE_LEARNER}, {"zhou", "周强", ROLE_LEARNER},
    {"staff", "王建国", ROLE_STAFF}, {"admin", "何芳", ROLE_ADMIN},
};

static char *random_password(void)
{
    /* Nothing that looks like another. */
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    guint8 bytes[DEMO_PASSWORD_CHARS];
    g_assert(getrandom(bytes, sizeof bytes, 0) == sizeof bytes);
    char *word = g_malloc(DEMO_PASSWORD_CHARS + 1);
    for (int i = 0; i < DEMO_PASSWORD_CHARS; i++)
        word[i] = letters[bytes[i] % (sizeof letters - 1)];
    word[DEMO_PASSWORD_CHARS] = '\0';
    return word;
}

static bool add_one(records *db, base_clock *clock, gsize i, GString *told, person *added,
                    GError **error)
{
    g_autofree char *password = random_password();
    g_autofree char *hash = people_hash(password);
    g_string_append_printf(told, "  %-8s %-12s %s (%s)\n", people[i].login, password,
                           people[i].name, person_role_word(people[i].role));
    return people_add(db, clock, people[i].login, people[i].name, people[i].role, hash, added,
                      error);
}

static bool keep(const char *path, const char *text, GError **error)
{
    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static bool add_course(records *db, base_clock *clock, const person *master, GError **error)
{
    const school_rule rule = {.coverage_permille = 900, .minutes = 2};
    school_course course;
    live_class class;
    return school_course_add(db, clock, DEMO_COURSE_TITLE, DEMO_COURSE_SUMMARY, master->id, &rule,
                             &course, error) &&
           live_class_insert(db, clock, DEMO_CLASS_TITLE, master->id, master->name, "", 0, true,
                             &class, error);
}

static bool add_people(records *db, base_clock *clock, GString *told, person *master,
                       GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(people); i++) {
        person added;
        if (!add_one(db, clock, i, told, &added, error))
            return false;
        if (people[i].role == ROLE_MASTER)
            *master = added;
    }
    return true;
}

/* All of it or nothing; what there is to tell of the people. */
static char *make_all(records *db, base_clock *clock, GError **error)
{
    g_autoptr(GString) told = g_string_new(NULL);
    person master = {0};
    if (records_begin(db, error) && add_people(db, clock, told, &master, error) &&
        add_course(db, clock, &master, error) && records_commit(db, error))
        return g_string_free(g_steal_pointer(&told), FALSE);
    records_rollback(db);
    g_prefix_error(error, "the demo needs a data directory of its own (use --data): ");
    return NULL;
}

static void tell(const char *told)
{
    printf("Demo people (login, password, name):\n%s", told);
}

/* Only now that they are there: nobody is told of passwords that open nothing. */
static bool make_and_tell(records *db, base_clock *clock, const char *path, GError **error)
{
    g_autofree char *told = make_all(db, clock, error);
    if (!told)
        return false;
    tell(told);
    if (keep(path, told, error))
        return true;
    g_prefix_error(error, "the demo's people are there, but their passwords cannot be kept; begin "
                          "again with an empty data directory: ");
    return false;
}

bool demo_prepare(records *db, base_clock *clock, const char *data_dir, GError **error)
{
    g_autofree char *path = g_build_filename(data_dir, DEMO_FILE, NULL);
    g_autofree char *told = NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return make_and_tell(db, clock, path, error);
    if (!g_file_get_contents(path, &told, NULL, error))
        return false;
    tell(told);
    return true;
}

/* ---- the recorded lesson ---- */

typedef struct {
    clerk *clerk;
    live *live;
    shelf *shelf;
    base_clock *clock;
    char course_id[33], title_id[33];
    int64_t content_ms;
    bool wanted;
} lesson_job;

static bool find_course(records *db, gpointer data, GError **error)
{
    lesson_job *job = data;
    g_autoptr(GArray) courses = school_courses(db, 100, error);
    for (guint i = 0; courses && i < courses->len; i++) {
        const school_course *course = &g_array_index(courses, school_course, i);
        if (!g_str_equal(course->title, DEMO_COURSE_TITLE))
            continue;
        g_autoptr(GArray) lessons = school_lessons(db, course->id, error);
        job->wanted = lessons && lessons->len == 0;
        g_strlcpy(job->course_id, course->id, sizeof job->course_id);
        return lessons != NULL;
    }
    return courses != NULL;
}

static bool add_lesson(records *db, gpointer data, GError **error)
{
    lesson_job *job = data;
    school_lesson made;
    return school_lesson_add(db, job->course_id, DEMO_LESSON_TITLE, job->title_id, "",
                             job->content_ms, &made, error);
}

static void lesson_added(gpointer data, const GError *error)
{
    if (error)
        log_warn("demo", "the recorded lesson could not be added: %s", error->message);
    else
        log_info("demo", "the recorded lesson is ready");
    g_free(data);
}

static void title_made(gpointer user, const char *title_id, const GError *error)
{
    lesson_job *job = user;
    g_autoptr(GError) failure = NULL;
    if (error) {
        lesson_added(job, error);
        return;
    }
    g_strlcpy(job->title_id, title_id, sizeof job->title_id);
    const title_index *index = shelf_index(job->shelf, title_id, &failure);
    if (index)
        job->content_ms = title_index_duration(index) * 1000 / TITLE_TIMESCALE;
    if (!index || !clerk_post(job->clerk, add_lesson, lesson_added, job, &failure))
        lesson_added(job, failure);
}

static void course_found(gpointer data, const GError *error)
{
    lesson_job *job = data;
    g_autoptr(GError) failure = NULL;
    if (error || !job->wanted) {
        g_free(job);
        return;
    }
    if (!live_make_pattern_title(job->live, DEMO_LESSON_TITLE, DEMO_LESSON_MS, title_made, job,
                                 &failure))
        lesson_added(job, failure);
}

void demo_start(clerk *clerk, live *live, shelf *shelf, base_clock *clock)
{
    lesson_job *job = g_new0(lesson_job, 1);
    *job = (lesson_job){.clerk = clerk, .live = live, .shelf = shelf, .clock = clock};
    g_autoptr(GError) error = NULL;
    if (!clerk_post(clerk, find_course, course_found, job, &error))
        lesson_added(job, error);
}
