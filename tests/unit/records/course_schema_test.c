/* The lesson table is made anew by 012_course: what was in it before is all there afterwards. */
#include <sqlite3.h>
#include <string.h>

#include "records/schema.h"

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        g_error("%s: %s", why, sql);
}

/* Every file from `first` on whose name is below `end`, each in a transaction as at a start. */
static void run_files(sqlite3 *db, const char *first, const char *end)
{
    for (const schema_file *file = schema_files; file->name; file++) {
        if (strcmp(file->name, first) < 0 || strcmp(file->name, end) >= 0)
            continue;
        run(db, "BEGIN");
        run(db, file->text);
        run(db, "COMMIT");
    }
}

static char *told(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *rows;
    GString *out = g_string_new(NULL);
    g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), ==, SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(rows); i++)
            g_string_append_printf(out, "%s%s", i ? "|" : "",
                                   (const char *)sqlite3_column_text(rows, i));
        g_string_append_c(out, '\n');
    }
    sqlite3_finalize(rows);
    return g_string_free(out, FALSE);
}

static void assert_told(sqlite3 *db, const char *sql, const char *wanted)
{
    g_autofree char *is = told(db, sql);
    g_assert_cmpstr(is, ==, wanted);
}

static sqlite3 *old_database(void)
{
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(":memory:", &db), ==, SQLITE_OK);
    run(db, "PRAGMA foreign_keys=ON");
    run_files(db, "000", "012");
    run(db, "INSERT INTO person VALUES (1, 'zhao', '赵铁柱', 'master', '', 0), (2, 'chen', '陈', "
            "'learner', '', 0);"
            "INSERT INTO course VALUES ('courseaaaaaa', '焊工', '摘要', 1, 900, 45, 100),"
            " ('coursebbbbbb', '电工', '', 1, 1, 0, 200);"
            "INSERT INTO lesson VALUES ('lessonaaaaaa', 'courseaaaaaa', 1, '一', 'title1', '', "
            "90000, 1),"
            " ('lessonbbbbbb', 'courseaaaaaa', 2, '二', 'title2', 'class1', 0, 0),"
            " ('lessoncccccc', 'coursebbbbbb', 1, '三', 'title1', '', 90000, 1);"
            "INSERT INTO enrolment VALUES (2, 'courseaaaaaa', 800, 40, 150);"
            "INSERT INTO certificate VALUES ('cert', 'JT-1', 'tok', 2, '陈', 'courseaaaaaa', "
            "'焊工', 'x', '',"
            " 'mixed', 40, 1, 2, 3, 0, 0, '')");
    run_files(db, "012", "014");
    return db;
}

static void what_was_there_is_there_and_means_the_same(void)
{
    sqlite3 *db = old_database();
    assert_told(
        db,
        "SELECT id, state, version, shown, hour_minutes, general_permille FROM course ORDER BY id",
        "courseaaaaaa|published|1|1|45|-1\ncoursebbbbbb|published|1|1|45|-1\n");
    assert_told(db,
                "SELECT id, course_id, position, chapter_id, kind, title, title_id, class_id, "
                "content_ms, ended,"
                " version, module FROM lesson ORDER BY id",
                "lessonaaaaaa|courseaaaaaa|1||video|一|title1||90000|1|1|\n"
                "lessonbbbbbb|courseaaaaaa|2||live|二|title2|class1|0|0|1|\n"
                "lessoncccccc|coursebbbbbb|1||video|三|title1||90000|1|1|\n");
    assert_told(db,
                "SELECT course_id, version, lessons, minutes, by_name FROM course_version ORDER BY "
                "course_id",
                "courseaaaaaa|1|2|1|赵铁柱\ncoursebbbbbb|1|1|1|赵铁柱\n");
    assert_told(db, "SELECT title_id, content_ms FROM title_end", "title1|90000\n");
    assert_told(db, "SELECT coverage_permille, hour_minutes FROM enrolment", "800|45\n");
    assert_told(db, "SELECT serial, hour_minutes FROM certificate", "JT-1|45\n");
    assert_told(db, "PRAGMA foreign_key_check", "");
    assert_told(db, "PRAGMA integrity_check", "ok\n");
    sqlite3_close(db);
}

static int refused(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_CONSTRAINT;
}

#define LESSON(id, position, title_id)                                                             \
    "INSERT INTO lesson VALUES ('" id "', 'courseaaaaaa', " #position                              \
    ", '', 'video', 't', '" title_id "', '', 0, 1, 1, '', '', '', '')"

static void a_place_and_a_title_are_taken_once_but_documents_and_leavers_are_free(void)
{
    sqlite3 *db = old_database();
    g_assert_true(refused(db, LESSON("x1", 1, "title9")));
    g_assert_true(refused(db, LESSON("x2", 3, "title1")));
    run(db, LESSON("x3", 3, ""));
    run(db, LESSON("x4", 4, ""));
    run(db, LESSON("x5", 0, "title1"));
    run(db, LESSON("x6", 0, "title1"));
    sqlite3_close(db);
}

#define TYPED(lessons) "{\"chapters\":[{\"lessons\":[" lessons "]}]}"

static void drafts_typed_before_hold_what_stands_in_them(void)
{
    sqlite3 *db = old_database();
    run_files(db, "014", "018");
    run(db, "INSERT INTO course_draft VALUES ('courseaaaaaa', 1, '" TYPED(
                "{\"title\":\"一\",\"kind\":\"video\",\"asset_id\":\"a1\",\"title_id\":\"t0\"},"
                "{\"title\":\"二\",\"kind\":\"video\",\"asset_id\":\"\",\"title_id\":\"t1\"},"
                "{\"title\":\"三\",\"kind\":\"live\",\"class_id\":\"c1\",\"title_id\":\"\"},"
                "{\"title\":\"四\",\"kind\":\"document\",\"handout_id\":\"h1\"},"
                "{\"title\":\"五\",\"kind\":\"link\",\"title_id\":\"t2\"},"
                "{\"title\":\"六\",\"kind\":\"audio\",\"asset_id\":\"a1\"}") "', 1, 1),"
                                                                             " ('coursebbbbbb', 1, "
                                                                             "'{\"chapters\":[]}', "
                                                                             "1, 1)");
    run_files(db, "018", "019");
    assert_told(db, "SELECT kind, source, lesson FROM draft_use ORDER BY kind, source",
                "asset|a1|一\nasset|h1|四\nclass|c1|三\ntitle|t1|二\n");
    sqlite3_close(db);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/course_schema/what_was_there_is_there_and_means_the_same",
                    what_was_there_is_there_and_means_the_same);
    g_test_add_func(
        "/course_schema/a_place_and_a_title_are_taken_once_but_documents_and_leavers_are_free",
        a_place_and_a_title_are_taken_once_but_documents_and_leavers_are_free);
    g_test_add_func("/course_schema/drafts_typed_before_hold_what_stands_in_them",
                    drafts_typed_before_hold_what_stands_in_them);
    return g_test_run();
}
