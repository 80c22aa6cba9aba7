/* The subcommands, each in a process of its own, on a real data directory. */
#include "commands.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "people/people.h"

typedef struct {
    char *folder, *data, *to;
} ground;

static void set_up(ground *g, gconstpointer unused)
{
    (void)unused;
    g->folder = g_dir_make_tmp("command-XXXXXX", NULL);
    g->data = g_build_filename(g->folder, "data", NULL);
    g->to = g_build_filename(g->folder, "backup", NULL);
}

static void remove_all(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_all(inner);
    }
    g_remove(path);
}

static void tear_down(ground *g, gconstpointer unused)
{
    (void)unused;
    remove_all(g->folder);
    g_free(g->folder);
    g_free(g->data);
    g_free(g->to);
}

/* ---- running one ---- */

typedef int (*subcommand)(int argc, char **argv);

static void become(subcommand run, char **words, const char *input, const char *said)
{
    int feed[2];
    g_assert_cmpint(pipe(feed), ==, 0);
    g_assert_cmpint(write(feed[1], input, strlen(input)), ==, (ssize_t)strlen(input));
    close(feed[1]);
    dup2(feed[0], STDIN_FILENO);
    g_assert_nonnull(freopen(said, "w", stdout));
    g_assert_cmpint(dup2(STDOUT_FILENO, STDERR_FILENO), >=, 0);
    int status = run((int)g_strv_length(words), words);
    fflush(NULL);
    _exit(status);
}

/* The exit status; what it said on both streams in *said. `line` is split at spaces. */
static int run_line(ground *g, subcommand run, const char *input, char **said, const char *format,
                    ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *line = g_strdup_vprintf(format, values);
    va_end(values);
    g_autofree char *path = g_build_filename(g->folder, "said", NULL);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    int status;
    pid_t child = fork();
    if (child == 0)
        become(run, words, input, path);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_true(g_file_get_contents(path, said, NULL, NULL));
    return WEXITSTATUS(status);
}

static records *open_in(const char *data)
{
    g_autofree char *path = command_database(data);
    g_autoptr(GError) error = NULL;
    records *db = records_open(path, RECORDS_WRITE, &error);
    g_assert_no_error(error);
    return db;
}

/* Does this password open that account? */
static bool opens(const char *data, const char *login, const char *password)
{
    person who;
    g_autofree char *encoded = NULL;
    base_clock *clock = clock_new_system();
    records *db = open_in(data);
    g_assert_true(people_sign_in_begin(db, clock, login, "192.0.2.1", &encoded, &who, NULL));
    records_close(db);
    clock_free(clock);
    return who.id != 0 && people_verify(encoded, password);
}

static void add_chen(ground *g)
{
    g_autofree char *said = NULL;
    int status = run_line(
        g, command_person, "a long sentence\n", &said,
        "person add --login chen --name 陈静 --role master --password-stdin --data %s", g->data);
    g_assert_cmpint(status, ==, 0);
    g_assert_nonnull(strstr(said, "chen, 陈静 (master)"));
}

/* ---- promises ---- */

static void a_person_added_can_sign_in(ground *g, gconstpointer unused)
{
    (void)unused;
    add_chen(g);
    g_assert_true(opens(g->data, "chen", "a long sentence"));
    g_assert_false(opens(g->data, "chen", "a long sentence\n"));
}

static void a_lost_password_is_replaced(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *said = NULL;
    add_chen(g);
    g_assert_cmpint(run_line(g, command_person, "another sentence", &said,
                             "person password --login chen --password-stdin --data %s", g->data),
                    ==, 0);
    g_assert_false(opens(g->data, "chen", "a long sentence"));
    g_assert_true(opens(g->data, "chen", "another sentence"));
}

static void assert_fails(ground *g, subcommand run, const char *input, const char *line,
                         const char *word)
{
    g_autofree char *said = NULL;
    g_assert_cmpint(run_line(g, run, input, &said, "%s --data %s", line, g->data), ==, 1);
    g_assert_true(g_str_has_prefix(said, "jiangtang: "));
    g_assert_nonnull(strstr(said, word));
    g_assert_cmpuint(strcspn(said, "\n"), ==, strlen(said) - 1); /* one line */
}

static void what_is_missing_or_wrong_is_said_in_one_line(ground *g, gconstpointer unused)
{
    (void)unused;
    add_chen(g);
    const char *whole = "person add --login chen --name N --role learner --password-stdin";
    assert_fails(g, command_person, "a long sentence\n", whole, "taken");
    assert_fails(g, command_person, "", whole, "password");
    assert_fails(g, command_person, "short\n", whole, "8 characters");
    assert_fails(g, command_person, "x", "person add --name N --role learner --password-stdin",
                 "--login");
    assert_fails(g, command_person, "x", "person add --login zhou --name N --role learner",
                 "--password-stdin");
    assert_fails(g, command_person, "x",
                 "person add --login z --name N --role king --password-stdin", "king");
    assert_fails(g, command_person, "x", "person add --colour red", "colour");
    assert_fails(g, command_person, "a long sentence",
                 "person password --login nobody --password-stdin", "no such person");
    assert_fails(g, command_backup, "", "backup", "--to");
    assert_fails(g, command_verify, "", "verify extra", "extra");
}

static void each_explains_itself(ground *g, gconstpointer unused)
{
    (void)unused;
    static const struct {
        subcommand run;
        const char *line;
    } table[] = {{command_person, "person --help"},
                 {command_person, "person add --help"},
                 {command_person, "person password --help"},
                 {command_verify, "verify --help"},
                 {command_backup, "backup --help"}};
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *said = NULL;
        g_assert_cmpint(run_line(g, table[i].run, "", &said, "%s", table[i].line), ==, 0);
        g_assert_cmpuint(strlen(said), >, 60);
    }
    g_autofree char *said = NULL;
    g_assert_cmpint(run_line(g, command_person, "", &said, "person"), ==, 2);
}

static void write_file(const char *folder, const char *name, const char *text, int mode)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, mode, NULL));
}

static void make_title(ground *g, const char *id, const char *journal)
{
    g_autofree char *folder = g_build_filename(g->data, "titles", id, NULL);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    write_file(folder, "journal", journal, 0600);
}

static char *read_in(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void a_backup_of_a_living_database_can_be_opened(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *said = NULL;
    add_chen(g);
    g_autoptr(GBytes) key = people_secret(g->data, "pass", NULL);
    make_title(g, "bbbb", "two\n");
    make_title(g, "aaaa", "one\n");
    records *living = open_in(g->data);
    g_assert_true(records_begin(living, NULL)); /* a server writing at this moment */
    g_assert_cmpint(
        run_line(g, command_backup, "", &said, "backup --data %s --to %s/", g->data, g->to), ==, 0);
    records_rollback(living);
    records_close(living);
    g_autoptr(GBytes) kept = people_secret(g->to, "pass", NULL);
    g_assert_true(g_bytes_equal(key, kept));
    g_assert_true(opens(g->to, "chen", "a long sentence"));
    g_autofree char *titles = read_in(g->to, "titles.sha256");
    g_assert_cmpstr(
        titles, ==,
        "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806  4  aaaa/journal\n"
        "27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a  4  bbbb/journal\n");
}

static void a_backup_never_writes_over_another(ground *g, gconstpointer unused)
{
    (void)unused;
    add_chen(g);
    g_autofree char *line = g_strdup_printf("backup --to %s", g->to), *said = NULL;
    g_assert_cmpint(run_line(g, command_backup, "", &said, "%s --data %s", line, g->data), ==, 0);
    assert_fails(g, command_backup, "", line, "there already");
}

static void a_backup_that_fails_leaves_nothing_that_looks_like_one(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *line = g_strdup_printf("backup --to %s", g->to);
    assert_fails(g, command_backup, "", line, "jiangtang.db"); /* there is no database */
    g_assert_false(g_file_test(g->to, G_FILE_TEST_EXISTS));
}

static void a_sound_ledger_is_verified_and_a_missing_one_is_not(ground *g, gconstpointer unused)
{
    (void)unused;
    g_autofree char *said = NULL;
    assert_fails(g, command_verify, "", "verify", "jiangtang.db");
    add_chen(g);
    g_assert_cmpint(run_line(g, command_verify, "", &said, "verify --data %s", g->data), ==, 0);
    g_assert_nonnull(strstr(said, "0 records, 0 balances, 0 certificates"));
}

static void a_certificate_that_stands_on_nothing_is_named(ground *g, gconstpointer unused)
{
    (void)unused;
    add_chen(g);
    g_autofree char *path = command_database(g->data);
    const char *const words[] = {
        "sqlite3", path,
        "INSERT INTO certificate (id, serial, token, person, person_name, course_id, course_title,"
        " issuer, evidence, form, minutes, from_ms, to_ms, issued_ms, revoked_ms, revoked_by,"
        " revoked_reason) VALUES ('a', 'JT-2026-0000009', 't', 1, 'N', 'c', 'C', 'I', 'abcd',"
        " 'live', 60, 1, 2, 3, 0, 0, '')",
        NULL};
    int status = -1;
    g_assert_true(g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
    assert_fails(g, command_verify, "", "verify", "certificate JT-2026-0000009");
}

#define ADD(name) g_test_add("/commands/" #name, ground, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(a_person_added_can_sign_in);
    ADD(a_lost_password_is_replaced);
    ADD(what_is_missing_or_wrong_is_said_in_one_line);
    ADD(each_explains_itself);
    ADD(a_backup_of_a_living_database_can_be_opened);
    ADD(a_backup_never_writes_over_another);
    ADD(a_backup_that_fails_leaves_nothing_that_looks_like_one);
    ADD(a_sound_ledger_is_verified_and_a_missing_one_is_not);
    ADD(a_certificate_that_stands_on_nothing_is_named);
    return g_test_run();
}
