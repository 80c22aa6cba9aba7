/* Reminders and calendars in the database: whose a class is, and what bounds there are. */
#include "agenda/agenda.h"

#include "ground.h"

static char *list_of(ground *g, int64_t person)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) all =
        agenda_list(g->db, person, NOW_MS - AGENDA_BEHIND_MS, INT64_MAX, &error);
    g_assert_no_error(error);
    GString *titles = g_string_new(NULL);
    for (guint i = 0; i < all->len; i++)
        g_string_append_printf(titles, "%s ", g_array_index(all, live_class, i).title);
    return g_string_free(titles, FALSE);
}

static void shows(ground *g, int64_t person, const char *wanted)
{
    g_autofree char *got = list_of(g, person);
    g_assert_cmpstr(got, ==, wanted);
}

static void theirs_is_what_they_lead_are_enrolled_in_or_are_reminded_of(void)
{
    ground g = ground_open();
    live_class alone = ground_class(&g, "三", "", NOW_MS + 30 * MINUTE_MS);
    ground_class(&g, "一", COURSE, NOW_MS + 10 * MINUTE_MS);
    ground_class(&g, "二", COURSE, NOW_MS + 20 * MINUTE_MS);
    ground_class(&g, "不定", COURSE, 0);
    shows(&g, MASTER, "一 二 三 ");
    shows(&g, CHEN, "一 二 ");
    shows(&g, LI, "");
    g_assert_true(reminder_set(g.db, g.clock, alone.id, LI, NULL));
    g_assert_true(reminder_set(g.db, g.clock, alone.id, LI, NULL));
    g_assert_true(reminder_set(g.db, g.clock, alone.id, MASTER, NULL));
    shows(&g, LI, "三 ");
    shows(&g, MASTER, "一 二 三 ");
    g_assert_true(reminder_drop(g.db, alone.id, LI, NULL));
    g_assert_true(reminder_drop(g.db, alone.id, LI, NULL));
    shows(&g, LI, "");
    ground_close(&g);
}

static void a_reminder_is_the_persons_own(void)
{
    ground g = ground_open();
    live_class is = ground_class(&g, "平焊", "", NOW_MS + MINUTE_MS);
    bool set;
    g_assert_true(reminder_set(g.db, g.clock, is.id, LI, NULL));
    g_assert_true(reminder_read(g.db, is.id, LI, &set, NULL) && set);
    g_assert_true(reminder_read(g.db, is.id, CHEN, &set, NULL) && !set);
    ground_close(&g);
}

static void what_has_begun_and_what_is_not_there_takes_no_reminder(void)
{
    ground g = ground_open();
    live_class is = ground_class(&g, "平焊", "", NOW_MS + MINUTE_MS);
    g_autoptr(GError) begun = NULL, missing = NULL;
    ground_state(&g, &is, CLASS_ON_AIR);
    g_assert_false(reminder_set(g.db, g.clock, is.id, LI, &begun));
    g_assert_true(error_is(begun, ERROR_CONFLICT));
    g_assert_false(reminder_set(g.db, g.clock, "aaaaaaaaaaaa", LI, &missing));
    g_assert_true(error_is(missing, ERROR_MISSING));
    ground_close(&g);
}

static void a_person_has_only_so_many_reminders_and_past_ones_do_not_count(void)
{
    ground g = ground_open();
    live_class is[AGENDA_REMINDERS_MAX + 1];
    g_autoptr(GError) error = NULL;
    g_assert_true(records_begin(g.db, NULL));
    for (int i = 0; i <= AGENDA_REMINDERS_MAX; i++)
        is[i] = ground_class(&g, "平焊", "", NOW_MS + MINUTE_MS);
    for (int i = 0; i < AGENDA_REMINDERS_MAX; i++)
        g_assert_true(reminder_set(g.db, g.clock, is[i].id, LI, NULL));
    g_assert_false(reminder_set(g.db, g.clock, is[AGENDA_REMINDERS_MAX].id, LI, &error));
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_assert_true(reminder_set(g.db, g.clock, is[3].id, LI, NULL)); /* it is set already */
    ground_state(&g, &is[0], CLASS_CLOSED);
    g_assert_true(reminder_set(g.db, g.clock, is[AGENDA_REMINDERS_MAX].id, LI, NULL));
    g_assert_true(records_commit(g.db, NULL));
    ground_close(&g);
}

static void a_new_address_has_a_new_number(void)
{
    ground g = ground_open();
    int64_t serial = -1;
    g_assert_true(calendar_serial(g.db, CHEN, &serial, NULL));
    g_assert_cmpint(serial, ==, 0);
    for (int64_t i = 1; i < 4; i++) {
        g_assert_true(calendar_renew(g.db, CHEN, &serial, NULL));
        g_assert_cmpint(serial, ==, i);
    }
    g_assert_true(calendar_serial(g.db, LI, &serial, NULL));
    g_assert_cmpint(serial, ==, 0);
    ground_close(&g);
}

static char *ics_of(ground *g, const live_class *is)
{
    live_plan plan;
    g_assert_true(live_plan_read(g->db, is, &plan, NULL));
    g_autoptr(GBytes) bytes = agenda_ics(NULL, is, &plan, 1, "http://h", 15);
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    return g_strndup(data, length);
}

static void a_moved_class_is_a_later_revision_of_the_same_event(void)
{
    ground g = ground_open();
    live_class is = ground_class(&g, "平焊", "", NOW_MS + 60 * MINUTE_MS);
    g_autofree char *before = ics_of(&g, &is);
    ground_move(&g, &is, NOW_MS + 120 * MINUTE_MS);
    g_autofree char *after = ics_of(&g, &is);
    g_autofree char *uid = g_strdup_printf("UID:%s@jiangtang\r\n", is.id);
    g_assert_nonnull(strstr(before, uid));
    g_assert_nonnull(strstr(after, uid));
    g_assert_nonnull(strstr(before, "SEQUENCE:0\r\n"));
    g_assert_nonnull(strstr(after, "SEQUENCE:1\r\n"));
    ground_close(&g);
}

static void closed_without_a_picture_is_cancelled_and_a_revision_too(void)
{
    ground g = ground_open();
    live_class is = ground_class(&g, "平焊", "", NOW_MS + 60 * MINUTE_MS);
    ground_state(&g, &is, CLASS_CLOSED);
    g_autofree char *gone = ics_of(&g, &is);
    g_assert_nonnull(strstr(gone, "STATUS:CANCELLED\r\n"));
    g_assert_nonnull(strstr(gone, "SEQUENCE:1\r\n"));
    is.started_ms = NOW_MS;
    g_autofree char *was = ics_of(&g, &is);
    g_assert_nonnull(strstr(was, "STATUS:CONFIRMED\r\n"));
    ground_close(&g);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/agenda/" #name, name)
    TEST(theirs_is_what_they_lead_are_enrolled_in_or_are_reminded_of);
    TEST(a_reminder_is_the_persons_own);
    TEST(what_has_begun_and_what_is_not_there_takes_no_reminder);
    TEST(a_person_has_only_so_many_reminders_and_past_ones_do_not_count);
    TEST(a_new_address_has_a_new_number);
    TEST(a_moved_class_is_a_later_revision_of_the_same_event);
    TEST(closed_without_a_picture_is_cancelled_and_a_revision_too);
    return g_test_run();
}
