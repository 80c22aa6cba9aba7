/* Names, hours, dates and forbidden words. */
#include "award/award.h"

static void a_name_shows_the_first_character_of_each_part(void)
{
    static const char *const table[][2] = {
        {"张三", "张*"},
        {"张三丰", "张**"},
        {"欧阳震华", "欧**"},
        {"阿卜杜拉·买买提", "阿**·买**"},
        {"李", "李*"},
        {"𬭎大", "𬭎*"},
        {"John Smith", "J** S**"},
        {"e\u0301mile", "e\u0301**"},
        {"", ""},
        {"·", "·"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *masked = award_mask_name(table[i][0]);
        g_assert_cmpstr(masked, ==, table[i][1]);
    }
}

static void a_long_part_does_not_tell_its_length(void)
{
    g_autofree char *three = award_mask_name("王建国"), *six = award_mask_name("王建国建国建");
    g_assert_cmpstr(three, ==, six);
}

static void minutes_become_whole_hours_and_an_honest_rest(void)
{
    static const struct {
        int32_t minutes, hour;
        const char *text;
    } table[] = {
        {0, 45, "0 分钟"},
        {44, 45, "44 分钟"},
        {45, 45, "1 学时（45 分钟/学时）"},
        {46, 45, "1 学时 1 分钟（45 分钟/学时）"},
        {90, 45, "2 学时（45 分钟/学时）"},
        {12345, 45, "274 学时 15 分钟（45 分钟/学时）"},
        {90, 30, "3 学时（30 分钟/学时）"},
        {29, 30, "29 分钟"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *text = award_hours_text(table[i].minutes, table[i].hour);
        g_assert_cmpstr(text, ==, table[i].text);
    }
}

static void a_date_is_the_day_in_shanghai(void)
{
    /* 2026-03-08 15:59:59.999 UTC, and the millisecond after it: midnight in Shanghai. */
    g_autofree char *before = award_date_text(1772985599999, false);
    g_autofree char *after = award_date_text(1772985600000, false);
    g_autofree char *english = award_date_text(1772985600000, true);
    g_assert_cmpstr(before, ==, "2026年3月8日");
    g_assert_cmpstr(after, ==, "2026年3月9日");
    g_assert_cmpstr(english, ==, "9 March 2026");
}

static void a_forbidden_word_is_named_however_it_is_spread(void)
{
    static const char *const table[][2] = {
        {"中华人民共和国焊工", "中华人民共和国"},
        {"中华传统木工", "中华"},
        {"中国茶艺", "中国"},
        {"国家级电工班", "国家"},
        {"全国统一培训", "全国"},
        {"电工职业资格培训", "职业资格"},
        {"职业技能等级（三级）", "职业技能等级"},
        {"专项职业能力：面点", "专项职业能力"},
        {"中 国 茶艺", "中国"},
        {"中·国-茶艺", "中国"},
        {"中\u200b国茶艺", "中国"},
        {"全\u3000国班", "全国"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        g_assert_cmpstr(award_lint(table[i][0]), ==, table[i][1]);
}

static void an_honest_title_passes(void)
{
    static const char *const good[] = {"焊工（初级）· 平角焊实操",
                                       "中式面点",
                                       "国画装裱",
                                       "职业指导",
                                       "全屋定制",
                                       "",
                                       "Welding 101"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_null(award_lint(good[i]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/award/a_name_shows_the_first_character_of_each_part",
                    a_name_shows_the_first_character_of_each_part);
    g_test_add_func("/award/a_long_part_does_not_tell_its_length",
                    a_long_part_does_not_tell_its_length);
    g_test_add_func("/award/minutes_become_whole_hours_and_an_honest_rest",
                    minutes_become_whole_hours_and_an_honest_rest);
    g_test_add_func("/award/a_date_is_the_day_in_shanghai", a_date_is_the_day_in_shanghai);
    g_test_add_func("/award/a_forbidden_word_is_named_however_it_is_spread",
                    a_forbidden_word_is_named_however_it_is_spread);
    g_test_add_func("/award/an_honest_title_passes", an_honest_title_passes);
    return g_test_run();
}
