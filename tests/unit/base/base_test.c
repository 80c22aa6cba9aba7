#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/metric.h"

#include <string.h>

static void an_error_keeps_its_kind_code_field_and_sentence(void)
{
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_CONFLICT, "login_taken", "login", "the name %s is taken", "li");
    g_assert_true(error_is(error, ERROR_CONFLICT));
    g_assert_false(error_is(error, ERROR_INPUT));
    g_assert_cmpstr(error_code(error), ==, "login_taken");
    g_assert_cmpstr(error_field(error), ==, "login");
    g_assert_cmpstr(error->message, ==, "the name li is taken");
}

static void a_copy_of_an_error_stands_alone(void)
{
    g_autofree char *code = g_strdup("too_long"), *field = g_strdup("title");
    GError *first = NULL;
    error_set(&first, ERROR_INPUT, code, field, "no");
    g_autoptr(GError) copy = g_error_copy(first);
    g_error_free(first);
    memset(code, 'x', strlen(code));
    g_assert_cmpstr(error_code(copy), ==, "too_long");
    g_assert_cmpstr(error_field(copy), ==, "title");
}

static void an_error_of_another_domain_is_internal(void)
{
    g_autoptr(GError) error =
        g_error_new_literal(g_quark_from_static_string("other"), ERROR_INPUT, "x");
    g_assert_false(error_is(error, ERROR_INPUT));
    g_assert_cmpstr(error_code(error), ==, "internal");
    g_assert_null(error_field(error));
    g_assert_false(error_is(NULL, ERROR_INPUT));
}

static void an_error_nobody_wants_is_dropped(void)
{
    error_set(NULL, ERROR_BUSY, "busy", NULL, "later");
}

static void a_fake_clock_moves_only_when_told(void)
{
    base_clock *clock = clock_new_fake(1000, 1600000000000);
    g_assert_cmpint(clock_mono_ms(clock), ==, 1000);
    clock_advance_ms(clock, 250);
    g_assert_cmpint(clock_mono_ms(clock), ==, 1250);
    g_assert_cmpint(clock_utc_ms(clock), ==, 1600000000250);
    clock_free(clock);
}

static void a_system_clock_never_goes_back(void)
{
    base_clock *clock = clock_new_system();
    int64_t last = clock_mono_ms(clock);
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_ms(clock);
        g_assert_cmpint(now, >=, last);
        last = now;
    }
    g_assert_cmpint(clock_utc_ms(clock), >, 1577836800000); /* after 2020 */
    clock_free(clock);
}

static void say_in_lines(void)
{
    log_start(LOG_LINES, LOG_INFO);
    log_debug("net", "not shown");
    log_info("net", "two\nlines %d", 7);
}

static void say_in_json(void)
{
    log_start(LOG_JSON, LOG_WARN);
    log_info("net", "not shown");
    log_warn("net", "a \"quote\",\ta tab, 讲, and a broken byte \xff");
}

static void a_log_message_is_one_line_whatever_is_in_it(void)
{
    if (g_test_subprocess()) {
        say_in_lines();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*T*Z info  net: two lines 7\n");
}

static void a_log_line_in_json_escapes_what_it_must(void)
{
    if (g_test_subprocess()) {
        say_in_json();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr(
        "{\"time\":\"*Z\",\"level\":\"warn\",\"area\":\"net\",\"message\":\"a "
        "\\\"quote\\\",\\u0009a tab, 讲, and a broken byte \uFFFD\"}\n");
}

static void numbers_are_prometheus_text_to_the_last_digit(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    metric_counter(out, "bytes_total", "Bytes", 9007199254740991.0);
    metric_gauge(out, "load", "Load", 0.5);
    metric_head(out, "open", "Sockets", "gauge");
    metric_sample(out, "open", "kind=\"raw\"", 3);
    g_assert_cmpstr(out->str, ==,
                    "# HELP bytes_total Bytes\n# TYPE bytes_total counter\n"
                    "bytes_total 9007199254740991\n"
                    "# HELP load Load\n# TYPE load gauge\nload 0.5\n"
                    "# HELP open Sockets\n# TYPE open gauge\nopen{kind=\"raw\"} 3\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/base/" #name, name)
    TEST(an_error_keeps_its_kind_code_field_and_sentence);
    TEST(a_copy_of_an_error_stands_alone);
    TEST(an_error_of_another_domain_is_internal);
    TEST(an_error_nobody_wants_is_dropped);
    TEST(a_fake_clock_moves_only_when_told);
    TEST(a_system_clock_never_goes_back);
    TEST(a_log_message_is_one_line_whatever_is_in_it);
    TEST(a_log_line_in_json_escapes_what_it_must);
    TEST(numbers_are_prometheus_text_to_the_last_digit);
    return g_test_run();
}
