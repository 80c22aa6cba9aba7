#include "ledger/chain.h"

#include <string.h>

static chain_record sample(int64_t n)
{
    chain_record record = {.n = n,
                           .at_ms = 1700000000000 + n,
                           .person = 4711,
                           .title_id = "aaaabbbbcccc",
                           .gained = coverage_parse("0-5000,7000-9000", NULL),
                           .gained_ms = 6900,
                           .credited_ms = 6900 * n,
                           .covered_ms = 7000 * n};
    record.refused_ms[4] = 1200;
    return record;
}

static void a_body_is_read_back_as_it_was_written(void)
{
    chain_record record = sample(3), read;
    g_autofree char *body = chain_body(&record);
    g_autoptr(GError) error = NULL;
    g_assert_true(chain_read(body, &read, &error));
    g_assert_no_error(error);
    g_assert_cmpint(read.n, ==, 3);
    g_assert_cmpint(read.person, ==, 4711);
    g_assert_cmpstr(read.title_id, ==, "aaaabbbbcccc");
    g_assert_cmpint(coverage_total(read.gained), ==, 7000);
    g_assert_cmpint(read.gained_ms, ==, 6900);
    g_assert_cmpint(read.refused_ms[4], ==, 1200);
    chain_record_clear(&record);
    chain_record_clear(&read);
}

static void a_text_that_is_not_exactly_a_body_is_refused(void)
{
    static const char *const bad[] = {"", "{}", "[]", "null", "{\"v\":1}", "{\"v\":2,\"n\":1}"};
    chain_record record = sample(1), read;
    g_autofree char *body = chain_body(&record);
    g_autofree char *spaced = g_strconcat(body, " ", NULL),
                    *more = g_strndup(body, strlen(body) - 1);
    g_autofree char *added = g_strconcat(more, ",\"x\":1}", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(chain_read(bad[i], &read, NULL));
    g_assert_false(chain_read(spaced, &read, NULL));
    g_assert_false(chain_read(more, &read, NULL));
    g_assert_false(chain_read(added, &read, NULL));
    chain_record_clear(&record);
}

static void any_changed_byte_changes_the_hash_and_every_hash_behind_it(void)
{
    chain_record first = sample(1), second = sample(2);
    g_autofree char *one = chain_body(&first), *two = chain_body(&second);
    chain_hash start = chain_start(), middle = chain_next(&start, one),
               end = chain_next(&middle, two);
    for (gsize at = 0; at < strlen(one); at++) {
        g_autofree char *bent = g_strdup(one);
        bent[at] ^= 1;
        chain_hash other = chain_next(&start, bent), last = chain_next(&other, two);
        g_assert_false(chain_equal(&other, &middle));
        g_assert_false(chain_equal(&last, &end));
    }
    chain_record_clear(&first);
    chain_record_clear(&second);
}

static void a_day_begins_at_midnight_in_china(void)
{
    char day[11];
    chain_day(1700063999999, day); /* 2023-11-15 15:59:59.999 UTC */
    g_assert_cmpstr(day, ==, "2023-11-15");
    chain_day(1700064000000, day);
    g_assert_cmpstr(day, ==, "2023-11-16");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/ledger/chain/" #name, name)
    TEST(a_body_is_read_back_as_it_was_written);
    TEST(a_text_that_is_not_exactly_a_body_is_refused);
    TEST(any_changed_byte_changes_the_hash_and_every_hash_behind_it);
    TEST(a_day_begins_at_midnight_in_china);
    return g_test_run();
}
