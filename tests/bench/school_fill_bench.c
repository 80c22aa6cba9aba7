/*
 * Fills a scratch database with courses and lessons that sound like training, each course listed as publishing lists
 * it. Prints one JSON line.
 *
 *   school_fill_bench DATABASE COURSES LESSONS_EACH
 */
#include <stdio.h>
#include <stdlib.h>

#include "catalogue/occupation.h"
#include "people/people.h"
#include "school/listing.h"

static const char *const subjects[] = {"焊工",     "电工",     "养老护理", "汽车维修", "中式烹调",
                                       "美发",     "家政服务", "保育师",   "数控车床", "电子商务",
                                       "物流服务", "茶艺",     "果树栽培", "保安员",   "制冷空调",
                                       "无人机",   "短视频",   "缝纫"};
static const char *const sides[] = {"基础",     "入门",     "实操",     "安全生产", "工艺要领",
                                    "常见故障", "案例分析", "法律法规", "职业道德", "考前复习"};
static const char *const acts[] = {"检查与准备", "工具的选择", "操作步骤", "质量检验", "安全防护",
                                   "识图",       "调试",       "维护保养", "应急处理", "师傅示范"};

static const char *pick(GRand *dice, const char *const *words, int count)
{
    return words[g_rand_int_range(dice, 0, count)];
}
#define PICK(words) pick(dice, words, G_N_ELEMENTS(words))

static bool add_lessons(records *db, GRand *dice, const char *course_id, int lessons,
                        GError **error)
{
    for (int i = 0; i < lessons; i++) {
        char id[33], title_id[33];
        school_id_new(id);
        school_id_new(title_id);
        g_autofree char *title =
            g_strdup_printf("第 %d 讲 %s%s：%s", i + 1, PICK(subjects), PICK(sides), PICK(acts));
        query *row = records_query(db, SQL_LESSON_ADD, "tttttiiit", id, course_id, title, title_id,
                                   "", (int64_t)1200000, (int64_t)LESSONS_MAX, (int64_t)1, "video");
        if (query_step(row, error) != QUERY_ROW)
            return false;
        query_end(row);
    }
    return true;
}

/* Publishing writes these. */
static bool publish(records *db, GRand *dice, const school_course *is, const occupation *trade,
                    GError **error)
{
    static const char *const tags[] = {"urgent", "mass", "new", "平角焊\nurgent", ""};
    static const char *const levels[] = {"5", "4", "3", ""};
    return records_run(db, error, SQL_COURSE_PUBLISH, "tttiiiittttiitiiit", is->id, is->title,
                       is->summary, (int64_t)900, (int64_t)0, (int64_t)1, (int64_t)0,
                       trade->edition, trade->code, PICK(levels), PICK(tags), (int64_t)0,
                       (int64_t)45, "", (int64_t)-1, (int64_t)0, (int64_t)0, "");
}

static bool add_course(records *db, base_clock *clock, GRand *dice, int64_t owner,
                       const GArray *trades, int lessons, GError **error)
{
    school_course made;
    const school_rule rule = {.coverage_permille = 900};
    guint at = (guint)g_rand_int_range(dice, 0, (gint32)trades->len);
    g_autofree char *title = g_strdup_printf("%s%s（%s）", PICK(subjects), PICK(sides), PICK(acts));
    g_autofree char *summary =
        g_strdup_printf("从%s到%s，%s，学满即得证明。", PICK(acts), PICK(acts), PICK(subjects));
    return school_course_add(db, clock, title, summary, owner, &rule, &made, error) &&
           publish(db, dice, &made, &g_array_index(trades, occupation, at), error) &&
           add_lessons(db, dice, made.id, lessons, error) && listing_refresh(db, made.id, error);
}

static records *open_database(const char *path, base_clock *clock, int64_t *owner)
{
    g_autoptr(GError) error = NULL;
    person master;
    records *db = records_open(path, RECORDS_WRITE, &error);
    if (!db || !occupation_seed(db, clock, &error) ||
        !people_add(db, clock, "zhao", "赵铁柱", ROLE_MASTER, "$argon2id$none", &master, &error))
        g_error("%s", error->message);
    *owner = master.id;
    return db;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int courses = atoi(argv[2]), lessons = atoi(argv[3]);
    int64_t owner;
    base_clock *clock = clock_new_system();
    records *db = open_database(argv[1], clock, &owner);
    g_autoptr(GRand) dice = g_rand_new_with_seed(20201);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) trades = occupation_list(db, "", "", NULL, OCCUPATIONS_PAGE, &error);
    int64_t began = g_get_monotonic_time();
    bool good = records_begin(db, &error);
    for (int i = 0; good && i < courses; i++)
        good = add_course(db, clock, dice, owner, trades, lessons, &error);
    if (!good || !records_commit(db, &error))
        g_error("%s", error->message);
    printf("{\"courses\": %d, \"lessons\": %d, \"seconds\": %.1f}\n", courses, courses * lessons,
           (double)(g_get_monotonic_time() - began) / 1e6);
    records_close(db);
    clock_free(clock);
    return 0;
}
