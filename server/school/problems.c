#include "school/problems.h"

#include <string.h>

#include "school/text.h"

#define MINUTE_MS 60000
#define PERMILLE 1000

typedef struct {
    const json_t *body;
    const draft_facts *facts;
    GPtrArray *lessons; /* of json_t */
    GArray *found;      /* of draft_problem */
} check;

void draft_facts_clear(draft_facts *facts)
{
    g_clear_pointer(&facts->lessons, g_array_unref);
    memset(facts, 0, sizeof *facts);
}

G_GNUC_PRINTF(6, 7)
static void say(check *c, const char *code, const char *path, int64_t have, int64_t need,
                const char *format, ...)
{
    draft_problem problem = {.code = code, .have = have, .need = need};
    va_list words;
    g_strlcpy(problem.path, path, sizeof problem.path);
    va_start(words, format);
    g_vsnprintf(problem.text, sizeof problem.text, format, words);
    va_end(words);
    g_array_append_val(c->found, problem);
}

static const lesson_facts *facts_of(const check *c, guint i)
{
    static const lesson_facts nothing;
    const GArray *all = c->facts->lessons;
    return all && i < all->len ? &g_array_index(all, lesson_facts, i) : &nothing;
}

static int64_t chars_of(const json_t *object, const char *field)
{
    g_autofree char *cut = g_strstrip(g_strdup(draft_word(object, field)));
    return g_utf8_strlen(cut, -1);
}

/* ---- words ---- */

/* As it will be stored: without blanks round it, of so many characters, and text. */
static bool storable(const char *words, glong most)
{
    g_autofree char *out = g_malloc((gsize)most * 4 + 1);
    return school_text(out, most, 0, "text", words, NULL);
}

static void check_length(check *c, const json_t *object, const char *field, const char *path,
                         const char *missing, const char *too_long, glong most)
{
    int64_t have = chars_of(object, field);
    if (missing && have == 0)
        say(c, missing, path, 0, 1, "%s is missing", field);
    else if (have > most)
        say(c, too_long, path, have, most, "%s has %d characters, %ld are allowed", field,
            (int)have, most);
    else if (!storable(draft_word(object, field), most))
        say(c, "not_text", path, 0, 0, "%s has control characters", field);
}

static void check_words(check *c)
{
    check_length(c, c->body, "title", "title", "title_missing", "title_too_long", COURSE_TITLE_MAX);
    if (c->facts->forbidden)
        say(c, "forbidden_words", "title", 0, 0,
            "A certificate may not carry the word %s, so the course's title may not either",
            c->facts->forbidden);
    check_length(c, c->body, "summary", "summary", NULL, "summary_too_long", COURSE_SUMMARY_MAX);
}

static void check_tags(check *c)
{
    const json_t *tags = json_object_get(c->body, "tags");
    gsize count = json_array_size(tags);
    if (count > TAGS_MAX)
        say(c, "too_many_tags", "tags", (int64_t)count, TAGS_MAX, "%d tags are allowed", TAGS_MAX);
    for (gsize i = 0; i < count; i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        g_autofree char *path = g_strdup_printf("tags.%zu", i);
        glong chars = g_utf8_strlen(tag, -1);
        if (chars < 1 || chars > TAG_MAX || !storable(tag, TAG_MAX) || strchr(tag, '\n'))
            say(c, "wrong_tag", path, chars, TAG_MAX, "A tag is one line of 1 to %d characters",
                TAG_MAX);
    }
}

static void check_place(check *c)
{
    const json_t *viewing = json_object_get(c->body, "viewing");
    int64_t from_ms = draft_number(c->body, "free_from_ms", 0),
            until_ms = draft_number(c->body, "free_until_ms", 0);
    if (c->facts->occupation_unknown)
        say(c, "occupation_unknown", "occupation", 0, 0,
            "There is no such occupation in this edition of the catalogue");
    if (c->facts->institution_unknown)
        say(c, "institution_unknown", "viewing.institution", 0, 0,
            "There is no institution of this code");
    if (strcmp(draft_word(viewing, "who"), "institution") == 0 &&
        !*draft_word(viewing, "institution"))
        say(c, "institution_missing", "viewing.institution", 0, 1, "Say which institution");
    if (until_ms && until_ms <= from_ms)
        say(c, "free_window_wrong", "free_until_ms", until_ms, from_ms,
            "The free time ends before it begins");
}

/* ---- lessons ---- */

static void check_link(check *c, const json_t *lesson, const char *path)
{
    const char *url = draft_word(lesson, "url");
    g_autoptr(GUri) parsed = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *scheme = parsed ? g_uri_get_scheme(parsed) : "", *host = NULL;
    if (parsed)
        host = g_uri_get_host(parsed);
    if (!*url)
        say(c, "lesson_source_missing", path, 0, 1, "This lesson has no address to lead to");
    else if ((strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0) || !host || !*host)
        say(c, "lesson_link_wrong", path, 0, 0, "The address must begin with https:// or http://");
}

/* The field that says what a lesson of this kind is made of. */
static const char *source_of(const json_t *lesson)
{
    const char *kind = draft_word(lesson, "kind");
    if (strcmp(kind, "live") == 0)
        return draft_word(lesson, "class_id");
    if (strcmp(kind, "document") == 0)
        return draft_word(lesson, "handout_id");
    const char *asset_id = draft_word(lesson, "asset_id");
    return *asset_id ? asset_id : draft_word(lesson, "title_id");
}

static void check_source(check *c, const json_t *lesson, const lesson_facts *is, const char *path)
{
    if (!*source_of(lesson))
        say(c, "lesson_source_missing", path, 0, 1, "This lesson has nothing to show yet");
    else if (!is->found)
        say(c, "lesson_source_unknown", path, 0, 0, "What this lesson shows is not there any more");
    else if (is->foreign)
        say(c, "lesson_not_yours", path, 0, 0, "What this lesson shows belongs to another master");
    else if (is->failed)
        say(c, "lesson_failed", path, 0, 0, "What this lesson shows could not be made usable");
    else if (!is->ready)
        say(c, "lesson_not_ready", path, 0, 0, "What this lesson shows is still being prepared");
    else if (is->title_id[0] && is->ended && is->content_ms == 0)
        say(c, "lesson_empty", path, 0, 1, "What this lesson shows holds nothing to learn");
}

static void check_lesson(check *c, guint i, const char *path, GHashTable *titles)
{
    const json_t *lesson = c->lessons->pdata[i];
    const lesson_facts *is = facts_of(c, i);
    check_length(c, lesson, "title", path, "lesson_title_missing", "lesson_title_too_long",
                 COURSE_TITLE_MAX);
    if (strcmp(draft_word(lesson, "kind"), "link") == 0) {
        check_link(c, lesson, path);
        return;
    }
    check_source(c, lesson, is, path);
    if (is->title_id[0] && !g_hash_table_add(titles, (gpointer)is->title_id))
        say(c, "lesson_twice", path, 0, 0, "Another lesson of this course shows the same");
}

static void check_chapter(check *c, gsize at, guint *next, GHashTable *titles)
{
    const json_t *chapters = json_object_get(c->body, "chapters"),
                 *chapter = json_array_get(chapters, at);
    char path[PROBLEM_PATH_MAX];
    g_snprintf(path, sizeof path, "chapters.%zu", at);
    check_length(c, chapter, "title", path,
                 json_array_size(chapters) > 1 ? "chapter_title_missing" : NULL,
                 "chapter_title_too_long", COURSE_TITLE_MAX);
    gsize count = json_array_size(json_object_get(chapter, "lessons"));
    for (gsize i = 0; i < count; i++) {
        g_snprintf(path, sizeof path, "chapters.%zu.lessons.%zu", at, i);
        check_lesson(c, (*next)++, path, titles);
    }
}

static void check_lessons(check *c)
{
    g_autoptr(GHashTable) titles = g_hash_table_new(g_str_hash, g_str_equal);
    guint next = 0, count = c->lessons->len;
    if (count == 0)
        say(c, "no_lessons", "chapters", 0, 1, "A course has at least one lesson");
    if (count > LESSONS_MAX)
        say(c, "too_many_lessons", "chapters", count, LESSONS_MAX,
            "A course has at most %d lessons", LESSONS_MAX);
    for (gsize i = 0; i < json_array_size(json_object_get(c->body, "chapters")); i++)
        check_chapter(c, i, &next, titles);
}

/* ---- hours ---- */

static int64_t counted_ms(const lesson_facts *is)
{
    if (!is->title_id[0])
        return 0;
    return is->ended ? is->content_ms : MAX(is->content_ms, is->planned_ms);
}

static int64_t sum_ms(const check *c, bool general_only)
{
    int64_t sum = 0;
    for (guint i = 0; i < c->lessons->len; i++)
        if (!general_only || *draft_word(c->lessons->pdata[i], "module"))
            sum += counted_ms(facts_of(c, i));
    return sum;
}

static void check_hours(check *c, int64_t minutes)
{
    int64_t hour = draft_number(c->body, "hour_minutes", HOUR_MINUTES);
    int64_t tenths = draft_declared_tenths(c->body), need = (tenths * hour + 9) / 10;
    if (hour < HOUR_MINUTES_MIN || hour > HOUR_MINUTES_MAX) {
        say(c, "hour_minutes_wrong", "hour_minutes", hour, HOUR_MINUTES,
            "One hour of training has %d to %d minutes", HOUR_MINUTES_MIN, HOUR_MINUTES_MAX);
        return;
    }
    if (need > minutes)
        say(c, "hours_over_declared", "declared_hours", minutes, need,
            "%d.%d hours of %d minutes need %d minutes of content; the lessons have %d",
            (int)(tenths / 10), (int)(tenths % 10), (int)hour, (int)need, (int)minutes);
}

static void check_rule(check *c, int64_t minutes)
{
    const json_t *rule = json_object_get(c->body, "rule");
    int64_t coverage = draft_number(rule, "coverage_permille", 0),
            wanted = draft_number(rule, "minutes", 0);
    if (coverage < 1)
        say(c, "coverage_wrong", "rule.coverage_permille", coverage, 1,
            "The coverage must be between 1 and 1000 permille");
    if (wanted > minutes)
        say(c, "rule_minutes_over", "rule.minutes", minutes, wanted,
            "The rule asks for %d minutes of learning; the lessons have %d", (int)wanted,
            (int)minutes);
}

static bool has_module(const check *c, const char *module)
{
    for (guint i = 0; i < c->lessons->len; i++)
        if (strcmp(draft_word(c->lessons->pdata[i], "module"), module) == 0)
            return true;
    return false;
}

/* What the house asks for and the draft does not name is missing all the same. */
static void check_house_modules(check *c)
{
    const house_rule none = {.general_permille = GENERAL_ANY};
    guint asked = c->facts->house ? c->facts->house->modules : 0;
    guint named = draft_general_rule(c->body, &none).modules;
    for (int i = 1; i < GENERAL_MODULES; i++)
        if ((asked & MODULE_BIT(i)) && !(named & MODULE_BIT(i)) &&
            !has_module(c, general_module_words[i]))
            say(c, "module_missing", "modules_required", 0, 1,
                "This house asks every course for a lesson of the module %s",
                general_module_words[i]);
}

static void check_modules(check *c)
{
    const json_t *required = json_object_get(c->body, "modules_required");
    for (gsize i = 0; i < json_array_size(required); i++) {
        const char *word = json_string_value(json_array_get(required, i));
        char path[PROBLEM_PATH_MAX];
        general_module module;
        g_snprintf(path, sizeof path, "modules_required.%zu", i);
        if (!general_module_parse(word, &module) || module == MODULE_NONE)
            say(c, "module_unknown", path, 0, 0, "There is no general module of this name");
        else if (!has_module(c, word))
            say(c, "module_missing", path, 0, 1, "The course needs a lesson of the module %s",
                word);
    }
    check_house_modules(c);
}

static int32_t stricter(int32_t one, int32_t other)
{
    return one == GENERAL_ANY ? other : other == GENERAL_ANY ? one : MIN(one, other);
}

house_rule draft_general_rule(const json_t *body, const house_rule *house)
{
    const json_t *required = json_object_get(body, "modules_required");
    house_rule is = {.modules = house ? house->modules : 0,
                     .general_permille = house ? house->general_permille : GENERAL_ANY};
    int64_t own = draft_number(json_object_get(body, "rule"), "general_max_permille", GENERAL_ANY);
    is.general_permille = stricter(is.general_permille, (int32_t)own);
    for (gsize i = 0; i < json_array_size(required); i++) {
        general_module module;
        const char *word = json_string_value(json_array_get(required, i));
        if (general_module_parse(word, &module) && module != MODULE_NONE)
            is.modules |= MODULE_BIT(module);
    }
    return is;
}

static void check_general_share(check *c)
{
    int64_t most = draft_general_rule(c->body, c->facts->house).general_permille;
    int64_t all_ms = sum_ms(c, false), general_ms = sum_ms(c, true);
    if (most == GENERAL_ANY || all_ms == 0 || general_ms * PERMILLE <= most * all_ms)
        return;
    int64_t have = (general_ms * PERMILLE + all_ms - 1) / all_ms;
    say(c, "general_share_over", "rule.general_max_permille", have, most,
        "General modules make %d of 1000 minutes, %d are allowed", (int)have, (int)most);
}

/* ---- masters ---- */

static void check_masters(check *c)
{
    const json_t *masters = json_object_get(c->body, "masters");
    for (gsize i = 0; i < json_array_size(masters); i++) {
        const json_t *master = json_array_get(masters, i);
        char path[PROBLEM_PATH_MAX];
        g_snprintf(path, sizeof path, "masters.%zu", i);
        check_length(c, master, "name", path, "master_name_missing", "master_name_too_long",
                     MASTER_NAME_MAX);
        check_length(c, master, "proof", path, NULL, "master_proof_too_long", MASTER_TEXT_MAX);
        check_length(c, master, "intro", path, NULL, "master_intro_too_long", MASTER_TEXT_MAX);
        if (strcmp(draft_word(master, "kind"), master_kind_word(MASTER_OTHER)) != 0 &&
            chars_of(master, "proof") == 0)
            say(c, "master_proof_missing", path, 0, 1, "This kind of master needs a proof");
    }
}

/* ---- all ---- */

int64_t draft_minutes(const json_t *body, const draft_facts *facts)
{
    g_autoptr(GPtrArray) lessons = draft_lessons(body);
    const check c = {.body = body, .facts = facts, .lessons = lessons};
    return sum_ms(&c, false) / MINUTE_MS;
}

GArray *draft_problems(const json_t *body, const draft_facts *facts)
{
    g_autoptr(GPtrArray) lessons = draft_lessons(body);
    check c = {.body = body,
               .facts = facts,
               .lessons = lessons,
               .found = g_array_new(FALSE, TRUE, sizeof(draft_problem))};
    int64_t minutes = draft_minutes(body, facts);
    check_words(&c);
    check_place(&c);
    check_tags(&c);
    check_hours(&c, minutes);
    check_rule(&c, minutes);
    check_modules(&c);
    check_general_share(&c);
    check_masters(&c);
    check_lessons(&c);
    return c.found;
}
