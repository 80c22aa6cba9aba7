#include "catalogue/catalogue.h"

#include <string.h>

#include "catalogue/pinyin.h"
#include "catalogue/words.h"

#define TEXTS "title trade people summary lessons"
#define FAR_CHARS                                                                                  \
    4 /* so many letters are looked for in the titles of lessons too: fewer fit nearly everything */
#define FAR_FULL 4 /* syllables, and initials, of one word there */
#define FAR_INITIALS 6

/* ---- facets: words of a column of their own ---- */

/* A free word may hold anything: its digest does not. */
static char *tag_word(const char *tag)
{
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, tag, -1);
    return g_strdup_printf("t%.16s", digest);
}

/* "4-14-01-02": 4140102. NULL when it is no beginning of a code at a hyphen. */
static char *code_digits(const char *code)
{
    gsize length = strlen(code);
    g_autofree char *whole = g_strconcat(code, &"4-14-01-02"[MIN(length, 10)], NULL);
    if (!(length == 1 || length == 4 || length == 7 || length == 10) || !occupation_code_ok(whole))
        return NULL;
    g_autoptr(GString) digits = g_string_new(code);
    g_string_replace(digits, "-", "", 0);
    return g_strdup(digits->str);
}

/* Its code and what it belongs to: o4 o414 o41401 o4140102. */
static void append_code(GString *out, const char *code)
{
    g_autofree char *digits = code_digits(code);
    for (int length = 1; digits && length <= (int)strlen(digits); length += 2)
        g_string_append_printf(out, " o%.*s", length, digits);
}

static char *facet_words(const listing_facts *f)
{
    g_autoptr(GString) out = g_string_new("all");
    append_code(out, f->code);
    if (*f->edition)
        g_string_append_printf(out, " e%s", f->edition);
    if (*f->level)
        g_string_append_printf(out, " l%s", f->level);
    for (int i = 0; f->tags && f->tags[i]; i++) {
        g_autofree char *word = tag_word(f->tags[i]);
        g_string_append_printf(out, " %s", word);
    }
    for (int i = 0; f->modules && f->modules[i]; i++)
        g_string_append_printf(out, " m%s", f->modules[i]);
    return g_strdup(out->str);
}

/* ---- putting ---- */

static char *words_of(const char *text)
{
    GString *out = g_string_new(NULL);
    words_append(out, text);
    return g_string_free(out, FALSE);
}

static char *tags_text(const listing_facts *f, const char *between)
{
    return f->tags ? g_strjoinv(between, (char **)f->tags) : g_strdup("");
}

static bool write_words(records *db, int64_t n, const listing_facts *f, GError **error)
{
    g_autofree char *tags = tags_text(f, " ");
    g_autofree char *trades = g_strdup_printf("%s %s %s", f->trade, f->code, tags);
    g_autofree char *facets = facet_words(f), *title = words_of(f->title),
                    *trade = words_of(trades);
    g_autofree char *people = words_of(f->people), *summary = words_of(f->summary);
    g_autofree char *lessons = words_of(f->lesson_titles);
    g_autoptr(GString) spelt = g_string_new(NULL), far = g_string_new(NULL);
    pinyin_words(spelt, f->title, 0, 0);
    pinyin_words(spelt, trades, 0, 0);
    pinyin_words(spelt, f->people, 0, 0);
    pinyin_words(far, f->lesson_titles, FAR_FULL, FAR_INITIALS);
    return records_run(db, error, SQL_LISTING_TEXT_DROP, "i", n) &&
           records_run(db, error, SQL_LISTING_TEXT_ADD, "itttttttt", n, facets, title, trade,
                       people, summary, lessons, spelt->str, far->str);
}

static bool add_facet(records *db, int64_t n, const char *kind, const char *value, GError **error)
{
    return !*value || records_run(db, error, SQL_LISTING_FACET_ADD, "tti", kind, value, n);
}

static bool write_facets(records *db, int64_t n, const listing_facts *f, GError **error)
{
    g_autofree char *key = *f->code ? g_strdup_printf("%s:%s", f->edition, f->code) : g_strdup("");
    bool good = records_run(db, error, SQL_LISTING_FACET_DROP, "i", n) &&
                add_facet(db, n, "occupation", key, error) &&
                add_facet(db, n, "level", f->level, error);
    for (int i = 0; good && f->tags && f->tags[i]; i++)
        good = add_facet(db, n, "tag", f->tags[i], error);
    for (int i = 0; good && f->modules && f->modules[i]; i++)
        good = add_facet(db, n, "module", f->modules[i], error);
    return good;
}

/* Of everything the words are made of. */
static char *digest(const listing_facts *f)
{
    g_autofree char *tags = tags_text(f, "\n"), *facets = facet_words(f);
    g_autofree char *all = g_strjoin("\n\n", facets, f->title, f->summary, f->trade, f->code,
                                     f->people, f->lesson_titles, tags, NULL);
    g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
    return g_strdup_printf("%d-%.32s", CATALOGUE_VERSION, hex);
}

/* *n 0: it is not listed yet. */
static bool find_row(records *db, const char *course_id, int64_t *n, char **words, GError **error)
{
    query *row = records_query(db, SQL_LISTING_KEY, "t", course_id);
    query_step_result step = query_step(row, error);
    *n = step == QUERY_ROW ? query_int(row, 0) : 0;
    *words = step == QUERY_ROW ? g_strdup(query_text(row, 1)) : NULL;
    query_end(row);
    return step != QUERY_FAILED;
}

#define LISTING_TYPES "ttttttttiiiittiit"
static query *write_row(records *db, records_statement statement, const listing_facts *f,
                        const char *tags, const char *words)
{
    return records_query(db, statement, LISTING_TYPES, f->course_id, f->title, f->summary,
                         f->edition, f->code, f->trade, f->level, tags, f->minutes, f->hours_tenths,
                         f->lessons, f->owner, f->master_name, f->cover_title, f->from_ms,
                         f->until_ms, words);
}

static bool insert(records *db, const listing_facts *f, const char *tags, const char *words,
                   int64_t *n, GError **error)
{
    query *row = write_row(db, SQL_LISTING_ADD, f, tags, words);
    bool good = query_step(row, error) == QUERY_ROW;
    if (good)
        *n = query_int(row, 0);
    query_end(row);
    return good;
}

static bool update(records *db, const listing_facts *f, const char *tags, const char *words,
                   GError **error)
{
    return query_step(write_row(db, SQL_LISTING_CHANGE, f, tags, words), error) == QUERY_END;
}

bool listing_put(records *db, const listing_facts *f, GError **error)
{
    int64_t n;
    g_autofree char *known = NULL, *words = digest(f), *tags = tags_text(f, "\n");
    if (!find_row(db, f->course_id, &n, &known, error))
        return false;
    bool listed = n != 0;
    if (listed ? !update(db, f, tags, words, error) : !insert(db, f, tags, words, &n, error))
        return false;
    return g_strcmp0(known, words) == 0 ||
           (write_words(db, n, f, error) && write_facets(db, n, f, error));
}

bool listing_drop(records *db, const char *course_id, GError **error)
{
    int64_t n;
    g_autofree char *words = NULL;
    if (!find_row(db, course_id, &n, &words, error))
        return false;
    return n == 0 || (records_run(db, error, SQL_LISTING_TEXT_DROP, "i", n) &&
                      records_run(db, error, SQL_LISTING_FACET_DROP, "i", n) &&
                      records_run(db, error, SQL_LISTING_DROP, "i", n));
}

bool catalogue_outdated(records *db, bool *is, GError **error)
{
    query *row = records_query(db, SQL_LISTING_VERSION_READ, "");
    query_step_result step = query_step(row, error);
    *is = step != QUERY_ROW || query_int(row, 0) != CATALOGUE_VERSION;
    query_end(row);
    return step != QUERY_FAILED;
}

bool catalogue_up_to_date(records *db, GError **error)
{
    return records_run(db, error, SQL_LISTING_VERSION_PUT, "i", (int64_t)CATALOGUE_VERSION);
}

/* ---- finding ---- */

static void append_facet(GString *out, const char *word)
{
    g_string_append_printf(out, "%s{facets} : \"%s\"", out->len ? " AND " : "", word);
}

static bool refuse(GError **error, const char *code, const char *field, const char *why)
{
    error_set(error, ERROR_INPUT, code, field, "%s", why);
    return false;
}

/* "[edition:]code" */
static bool append_occupation(GString *out, const char *wanted, GError **error)
{
    const char *colon = strchr(wanted, ':');
    g_autofree char *edition = colon ? g_strndup(wanted, (gsize)(colon - wanted)) : NULL;
    g_autofree char *digits = code_digits(colon ? colon + 1 : wanted);
    if (!digits || (edition && !occupation_edition_ok(edition)))
        return refuse(error, "bad_occupation", "occupation",
                      "An occupation is a code such as 4-14-01-02 or its beginning, with an "
                      "edition before it if wanted: 2022:4-14");
    g_autofree char *code = g_strconcat("o", digits, NULL);
    g_autofree char *of = edition ? g_strconcat("e", edition, NULL) : NULL;
    append_facet(out, code);
    if (of)
        append_facet(out, of);
    return true;
}

static bool append_level(GString *out, const char *level, GError **error)
{
    char word[3] = {'l', level[0], '\0'};
    if (strlen(level) != 1 || level[0] < '1' || level[0] > '5')
        return refuse(error, "out_of_range", "level", "A level is 5, 4, 3, 2 or 1");
    append_facet(out, word);
    return true;
}

static bool append_module(GString *out, const char *module, GError **error)
{
    g_autofree char *word = g_strconcat("m", module, NULL);
    if (strlen(module) > CATALOGUE_TAG_CHARS ||
        strspn(module, "abcdefghijklmnopqrstuvwxyz") != strlen(module))
        return refuse(error, "out_of_range", "module", "There is no such kind of module");
    append_facet(out, word);
    return true;
}

static void append_tag(GString *out, const char *tag)
{
    g_autofree char *word = tag_word(tag);
    append_facet(out, word);
}

/* NULL: an error, or nothing can be found by what is asked: then *error stays as it is. */
static char *question_of(const catalogue_query *wanted, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *words =
        words_question(wanted->asked, TEXTS, "spelt", "spelt_lessons", FAR_CHARS);
    if ((*wanted->occupation && !append_occupation(out, wanted->occupation, error)) ||
        (*wanted->level && !append_level(out, wanted->level, error)) ||
        (*wanted->module && !append_module(out, wanted->module, error)))
        return NULL;
    if (*wanted->tag)
        append_tag(out, wanted->tag);
    if (!words && !out->len)
        append_facet(out, "all");
    if (words)
        g_string_append_printf(out, "%s%s", out->len ? " AND " : "", words);
    return g_strdup(out->str);
}

static void read_row(query *row, listing *is)
{
    memset(is, 0, sizeof *is);
    is->n = query_int(row, 0);
    g_strlcpy(is->course_id, query_text(row, 1), sizeof is->course_id);
    g_strlcpy(is->title, query_text(row, 2), sizeof is->title);
    g_strlcpy(is->summary, query_text(row, 3), sizeof is->summary);
    g_strlcpy(is->edition, query_text(row, 4), sizeof is->edition);
    g_strlcpy(is->code, query_text(row, 5), sizeof is->code);
    g_strlcpy(is->trade, query_text(row, 6), sizeof is->trade);
    g_strlcpy(is->level, query_text(row, 7), sizeof is->level);
    g_strlcpy(is->tags, query_text(row, 8), sizeof is->tags);
    is->minutes = query_int(row, 9);
    is->hours_tenths = query_int(row, 10);
    is->lessons = query_int(row, 11);
    is->owner = query_int(row, 12);
    g_strlcpy(is->master_name, query_text(row, 13), sizeof is->master_name);
    g_strlcpy(is->cover_title, query_text(row, 14), sizeof is->cover_title);
    is->from_ms = query_int(row, 15);
    is->until_ms = query_int(row, 16);
    is->score = query_int(row, 17);
}

static records_statement statement_of(const catalogue_query *wanted, bool words)
{
    if (wanted->sort == CATALOGUE_HOURS)
        return SQL_LISTING_HOURS;
    return wanted->sort == CATALOGUE_LIKE && words ? SQL_LISTING_LIKE : SQL_LISTING_NEW;
}

GArray *catalogue_find(records *db, const catalogue_query *wanted, GError **error)
{
    g_autofree char *question = question_of(wanted, error);
    if (!question)
        return NULL;
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(listing));
    int64_t score = wanted->goes_on ? wanted->after_score : G_MAXINT64;
    int64_t n = wanted->goes_on ? wanted->after_n : G_MAXINT64;
    int64_t most = CLAMP(wanted->limit, 1, CATALOGUE_PAGE_MAX);
    query *rows = records_query(db, statement_of(wanted, *wanted->asked != '\0'), "tiiii", question,
                                score, n, wanted->free_at_ms, most);
    query_step_result step;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        g_array_set_size(list, list->len + 1);
        read_row(rows, &g_array_index(list, listing, list->len - 1));
    }
    return step == QUERY_END ? g_steal_pointer(&list) : NULL;
}

/* ---- counting ---- */

static bool name_occupation(records *db, catalogue_facet *is, GError **error)
{
    occupation found;
    g_autoptr(GError) failure = NULL;
    g_auto(GStrv) key = g_strsplit(is->value, ":", 2);
    if (!key[0] || !key[1])
        return true;
    if (occupation_read(db, key[0], key[1], &found, &failure))
        g_strlcpy(is->name, found.name, sizeof is->name);
    else if (!error_is(failure, ERROR_MISSING)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}

static bool count_kind(records *db, const char *kind, GArray *list, GError **error)
{
    query *rows = records_query(db, SQL_LISTING_FACETS, "ti", kind, (int64_t)CATALOGUE_FACETS_MAX);
    query_step_result step;
    guint first = list->len;
    while ((step = query_step(rows, error)) == QUERY_ROW) {
        catalogue_facet is = {.courses = query_int(rows, 1)};
        g_strlcpy(is.kind, kind, sizeof is.kind);
        g_strlcpy(is.value, query_text(rows, 0), sizeof is.value);
        g_array_append_val(list, is);
    }
    for (guint i = first; step == QUERY_END && i < list->len; i++)
        if (g_str_equal(kind, "occupation") &&
            !name_occupation(db, &g_array_index(list, catalogue_facet, i), error))
            return false;
    return step == QUERY_END;
}

GArray *catalogue_facets(records *db, GError **error)
{
    static const char *const kinds[] = {"occupation", "level", "tag", "module"};
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(catalogue_facet));
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (!count_kind(db, kinds[i], list, error))
            return NULL;
    return g_steal_pointer(&list);
}
