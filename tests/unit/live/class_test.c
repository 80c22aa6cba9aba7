#include <glib/gstdio.h>
#include <string.h>

#include "live/inside.h"

#define NOW_MS 1700000000000

typedef struct {
    char *dir;
    records *db;
    base_clock *clock;
} desk;

static desk desk_open(void)
{
    desk d = {.dir = g_dir_make_tmp("class-XXXXXX", NULL)};
    g_autofree char *path = g_build_filename(d.dir, "jiangtang.db", NULL);
    g_autoptr(GError) error = NULL;
    d.db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    d.clock = clock_new_fake(0, NOW_MS);
    return d;
}

static void desk_close(desk *d)
{
    records_close(d->db);
    clock_free(d->clock);
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", d->dir);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(d->dir);
}

static live_class make(desk *d, const char *title, int64_t master, int64_t planned_ms)
{
    g_autoptr(GError) error = NULL;
    live_class made;
    live_class_insert(d->db, d->clock, title, master, "王师傅", "", planned_ms, false, &made,
                      &error);
    g_assert_no_error(error);
    return made;
}

static void a_class_is_read_as_it_was_made(void)
{
    desk d = desk_open();
    live_class made = make(&d, "  平焊入门 ", 7, 0), is;
    g_assert_cmpstr(made.title, ==, "平焊入门");
    g_assert_cmpuint(strlen(made.id), ==, 12);
    g_assert_cmpuint(strlen(made.title_id), ==, 12);
    g_assert_cmpuint(strlen(made.key), ==, LIVE_KEY_CHARS);
    g_assert_true(live_class_read(d.db, made.id, &is, NULL));
    g_assert_cmpmem(&is, sizeof is, &made, sizeof made);
    g_assert_true(live_class_read_title(d.db, made.title_id, &is, NULL));
    g_assert_cmpstr(is.id, ==, made.id);
    g_assert_cmpint(is.state, ==, CLASS_WAITING);
    desk_close(&d);
}

static void what_changes_is_kept(void)
{
    desk d = desk_open();
    live_class made = make(&d, "平焊入门", 7, 0), is;
    made.state = CLASS_INTERRUPTED;
    made.started_ms = NOW_MS + 5;
    text_copy(made.trouble, sizeof made.trouble, "转码中断");
    g_assert_true(class_save(d.db, &made, NULL));
    g_assert_true(live_class_read(d.db, made.id, &is, NULL));
    g_assert_cmpmem(&is, sizeof is, &made, sizeof made);
    desk_close(&d);
}

static void an_unknown_class_is_missing(void)
{
    desk d = desk_open();
    g_autoptr(GError) error = NULL;
    live_class is;
    g_assert_false(live_class_read(d.db, "aaaaaaaaaaaa", &is, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    desk_close(&d);
}

static void refuse(desk *d, const char *title, int64_t planned_ms, const char *field)
{
    g_autoptr(GError) error = NULL;
    live_class made;
    g_assert_false(live_class_insert(d->db, d->clock, title, 7, "王师傅", "", planned_ms, false,
                                     &made, &error));
    g_assert_true(error_is(error, ERROR_INPUT));
    g_assert_cmpstr(error_field(error), ==, field);
}

static void a_title_has_one_to_sixty_characters(void)
{
    desk d = desk_open();
    g_autoptr(GString) sixty = g_string_new(NULL);
    for (guint i = 0; i < LIVE_TITLE_CHARS; i++)
        g_string_append(sixty, "焊");
    live_class made = make(&d, sixty->str, 7, 0);
    g_assert_cmpstr(made.title, ==, sixty->str);
    g_string_append(sixty, "焊");
    refuse(&d, sixty->str, 0, "title");
    refuse(&d, "   ", 0, "title");
    refuse(&d, "\xff\xfe", 0, "title");
    desk_close(&d);
}

static void a_plan_lies_within_the_next_year(void)
{
    desk d = desk_open();
    live_class made = make(&d, "平焊入门", 7, NOW_MS + 3600000);
    g_assert_cmpint(made.state, ==, CLASS_PLANNED);
    refuse(&d, "平焊入门", NOW_MS, "planned_ms");
    refuse(&d, "平焊入门", NOW_MS - 1, "planned_ms");
    refuse(&d, "平焊入门", NOW_MS + LIVE_PLAN_MS + 1, "planned_ms");
    desk_close(&d);
}

static void assert_ids(GArray *list, char ids[][33], const guint *order, guint count)
{
    g_assert_cmpuint(list->len, ==, count);
    for (guint i = 0; i < count; i++)
        g_assert_cmpstr(g_array_index(list, live_class, i).id, ==, ids[order[i]]);
}

static void a_list_begins_with_what_is_most_urgent(void)
{
    desk d = desk_open();
    static const int64_t planned_in[] = {7200000, 0, 3600000, 0, 0};
    char ids[5][33];
    live_class made;
    for (guint i = 0; i < 5; i++) {
        made = make(&d, "平焊入门", 7 + i % 2, planned_in[i] ? NOW_MS + planned_in[i] : 0);
        g_strlcpy(ids[i], made.id, sizeof ids[i]);
        clock_advance_ms(d.clock, 1000);
        made.state = i == 1 ? CLASS_ON_AIR : made.state;
        g_assert_true(class_save(d.db, &made, NULL));
    }
    guint open = 1u << CLASS_PLANNED | 1u << CLASS_WAITING | 1u << CLASS_ON_AIR;
    g_autoptr(GArray) all = live_class_list(d.db, open, 0, 100, NULL);
    assert_ids(all, ids, (const guint[]){1, 4, 3, 2, 0}, 5);
    g_autoptr(GArray) first = live_class_list(d.db, open, 0, 1, NULL);
    assert_ids(first, ids, (const guint[]){1}, 1);
    g_autoptr(GArray) waiting = live_class_list(d.db, 1u << CLASS_WAITING, 0, 2, NULL);
    assert_ids(waiting, ids, (const guint[]){4, 3}, 2);
    g_autoptr(GArray) soonest = live_class_list(d.db, 1u << CLASS_PLANNED, 0, 1, NULL);
    assert_ids(soonest, ids, (const guint[]){2}, 1);
    g_autoptr(GArray) hers = live_class_list(d.db, open, 8, 100, NULL);
    assert_ids(hers, ids, (const guint[]){1, 3}, 2);
    desk_close(&d);
}

static void random_words_keep_to_their_letters(void)
{
    char text[1001];
    random_text(text, sizeof text);
    g_assert_cmpuint(strlen(text), ==, 1000);
    g_assert_cmpuint(strspn(text, "abcdefghijklmnopqrstuvwxyz234567"), ==, 1000);
}

static void a_cut_text_ends_with_a_whole_character(void)
{
    char out[6];
    text_copy(out, sizeof out, "焊接");
    g_assert_cmpstr(out, ==, "焊");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/class/" #name, name)
    TEST(a_class_is_read_as_it_was_made);
    TEST(what_changes_is_kept);
    TEST(an_unknown_class_is_missing);
    TEST(a_title_has_one_to_sixty_characters);
    TEST(a_plan_lies_within_the_next_year);
    TEST(a_list_begins_with_what_is_most_urgent);
    TEST(random_words_keep_to_their_letters);
    TEST(a_cut_text_ends_with_a_whole_character);
    return g_test_run();
}
