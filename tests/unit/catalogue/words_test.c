/* Words of texts, how they are spelt, and questions that can say nothing else. */
#include "catalogue/words.h"

#include <string.h>

#include "catalogue/pinyin.h"

static void expect_words(const char *text, const char *wanted)
{
    g_autoptr(GString) out = g_string_new(NULL);
    words_append(out, text);
    g_assert_cmpstr(out->str, ==, wanted);
}

static void a_character_is_a_word_and_latin_letters_make_one(void)
{
    expect_words("焊工", " 焊 工");
    expect_words("CO2气保焊（Ⅱ级）", " co2 气 保 焊 ii 级");
    expect_words("ＣＡＤ制图", " cad 制 图");
    expect_words("6-31-01-03", " 6 31 01 03");
    expect_words("Größe l'été", " große lete");
    expect_words("𬭎", " u2cb4e");
    expect_words("", "");
}

static bool is_spelt(const char *text, const char *word)
{
    g_autoptr(GString) out = g_string_new(NULL);
    pinyin_words(out, text, 0, 0);
    g_auto(GStrv) words = g_strsplit(out->str, " ", -1);
    return g_strv_contains((const char *const *)words, word);
}

static void every_place_of_a_text_is_spelt_in_full_and_by_initials(void)
{
    static const char *const spelt[][2] = {{"焊工", "hangong"},   {"焊工", "hg"},
                                           {"焊工", "gong"},      {"焊工（初级）", "hgcj"},
                                           {"女工", "nvgong"},    {"女工", "nugong"},
                                           {"调试", "tiaoshi"},   {"调试", "diaoshi"},
                                           {"长度", "changdu"},   {"给排水", "jipaishui"},
                                           {"银行", "yinhang"},   {"模具", "muju"},
                                           {"校准", "jiaozhun"},  {"阿依古丽·买买提", "ayglmmt"},
                                           {"电焊CAD", "dianhan"}};
    for (gsize i = 0; i < G_N_ELEMENTS(spelt); i++)
        if (!is_spelt(spelt[i][0], spelt[i][1])) {
            g_test_message("%s is not spelt %s", spelt[i][0], spelt[i][1]);
            g_test_fail();
        }
    g_assert_false(is_spelt("甲\n乙", "jiayi"));
    g_assert_false(is_spelt("甲a乙", "jy"));
}

static void long_texts_give_short_words(void)
{
    g_autoptr(GString) text = g_string_new(NULL), out = g_string_new(NULL);
    for (int i = 0; i < 600; i++)
        g_string_append(text, "行调长重");
    pinyin_words(out, text->str, 2, 3);
    g_auto(GStrv) words = g_strsplit(out->str, " ", -1);
    g_assert_cmpuint(g_strv_length(words), <=, 1 + 2400 * 2 * PINYIN_READINGS_MAX);
    for (int i = 0; words[i]; i++)
        g_assert_cmpuint(strlen(words[i]), <=, 12);
}

static void expect_question(const char *asked, const char *wanted)
{
    g_autofree char *question = words_question(asked, "t", "s", "far", 4);
    g_assert_cmpstr(question, ==, wanted);
}

static void pieces_become_phrases_that_must_all_be_there(void)
{
    expect_question("焊工", "({t} : \"焊 工\")");
    expect_question("焊 工", "({t} : \"焊\") AND ({t} : \"工\")");
    expect_question("焊，工、初", "({t} : \"焊\") AND ({t} : \"工\") AND ({t} : \"初\")");
    expect_question("hg", "({t} : \"hg\" * OR {s} : \"hg\" *)");
    expect_question("Hàn'gōng", "({t} : \"hangong\" * OR {s far} : \"hangong\" *)");
    expect_question("co2焊", "({t} : \"co2 焊\")");
    expect_question("  ", NULL);
    expect_question("!?", NULL);
}

static void nothing_typed_is_anything_but_words(void)
{
    expect_question("\"焊\" OR 1",
                    "({t} : \"焊\") AND ({t} : \"or\" * OR {s} : \"or\" *) AND ({t} : "
                    "\"1\" *)");
    expect_question("{t}:(焊*)", "({t} : \"t 焊\")");
    g_autofree char *cut = words_question("\xE7\x84\xFF\"", "t", "s", "", 0);
    g_assert_true(!cut || !strstr(cut, "\"\""));
    g_autoptr(GString) endless = g_string_new(NULL);
    for (int i = 0; i < 5000; i++)
        g_string_append(endless, "焊 ");
    g_autofree char *question = words_question(endless->str, "t", "s", "", 0);
    g_auto(GStrv) pieces = g_strsplit(question, " AND ", -1);
    g_assert_cmpuint(g_strv_length(pieces), ==, WORDS_ASKED_MAX);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/a_character_is_a_word_and_latin_letters_make_one",
                    a_character_is_a_word_and_latin_letters_make_one);
    g_test_add_func("/words/every_place_of_a_text_is_spelt_in_full_and_by_initials",
                    every_place_of_a_text_is_spelt_in_full_and_by_initials);
    g_test_add_func("/words/long_texts_give_short_words", long_texts_give_short_words);
    g_test_add_func("/words/pieces_become_phrases_that_must_all_be_there",
                    pieces_become_phrases_that_must_all_be_there);
    g_test_add_func("/words/nothing_typed_is_anything_but_words",
                    nothing_typed_is_anything_but_words);
    return g_test_run();
}
