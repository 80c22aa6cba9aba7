#include "catalogue/pinyin.h"

#include <string.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#define RUN_MAX 256 /* characters of one run that are spelt together; a longer one is cut there */
#define SYLLABLE_BYTES 12 /* "zhuang" and a few to spare */
#define SPELT_UNITS (RUN_MAX * 12)

/*
 * Readings beside the one that ICU chooses without context, of characters that names of trades, lessons and people
 * have. Compiled by us; a missing one only means that this spelling does not find the word.
 */
static const struct {
    const char *character, *readings;
} others[] = {
    {"行", "xing hang"},   {"长", "chang zhang"}, {"重", "zhong chong"},   {"调", "diao tiao"},
    {"乐", "le yue"},      {"藏", "cang zang"},   {"参", "can shen cen"},  {"传", "chuan zhuan"},
    {"率", "lv shuai"},    {"薄", "bao bo"},      {"弹", "dan tan"},       {"轧", "zha ya"},
    {"车", "che ju"},      {"泊", "bo po"},       {"朝", "chao zhao"},     {"会", "hui kuai"},
    {"角", "jiao jue"},    {"校", "xiao jiao"},   {"模", "mo mu"},         {"给", "gei ji"},
    {"刨", "pao bao"},     {"剥", "bo bao"},      {"单", "dan shan"},      {"度", "du duo"},
    {"合", "he ge"},       {"和", "he huo"},      {"核", "he hu"},         {"降", "jiang xiang"},
    {"解", "jie xie"},     {"卡", "ka qia"},      {"壳", "ke qiao"},       {"落", "luo lao"},
    {"露", "lu lou"},      {"强", "qiang jiang"}, {"圈", "quan juan"},     {"塞", "sai se"},
    {"厦", "sha xia"},     {"石", "shi dan"},     {"宿", "su xiu"},        {"拓", "tuo ta"},
    {"系", "xi ji"},       {"纤", "xian qian"},   {"削", "xiao xue"},      {"血", "xue xie"},
    {"粘", "zhan nian"},   {"折", "zhe she"},     {"着", "zhe zhao zhuo"}, {"阿", "a e"},
    {"柏", "bai bo"},      {"便", "bian pian"},   {"差", "cha chai"},      {"得", "de dei"},
    {"夹", "jia ga"},      {"见", "jian xian"},   {"陆", "lu liu"},        {"没", "mei mo"},
    {"秘", "mi bi"},       {"炮", "pao bao"},     {"屏", "ping bing"},     {"仇", "chou qiu"},
    {"区", "qu ou"},       {"什", "shen shi"},    {"似", "si shi"},        {"省", "sheng xing"},
    {"盛", "sheng cheng"}, {"识", "shi zhi"},     {"属", "shu zhu"},       {"伺", "si ci"},
    {"提", "ti di"},       {"钥", "yao yue"},     {"扎", "zha za"},        {"爪", "zhua zhao"},
    {"熨", "yun yu"},      {"曾", "zeng ceng"},   {"查", "cha zha"},       {"朴", "pu piao"},
    {"尉", "wei yu"},      {"员", "yuan yun"},    {"盖", "gai ge"},        {"万", "wan mo"},
    {"翟", "zhai di"},     {"缪", "miao mou"},    {"贾", "jia gu"},        {"都", "du dou"},
    {"数", "shu shuo"},    {"熟", "shu shou"},    {"尾", "wei yi"},        {"划", "hua huai"},
    {"大", "da dai"},      {"绿", "lv lu"},       {"色", "se shai"},       {"巷", "xiang hang"},
    {"吐", "tu"},          {"汤", "tang shang"},  {"咽", "yan ye"},        {"喷", "pen"},
    {"铅", "qian yan"},    {"颈", "jing geng"},   {"乘", "cheng sheng"},   {"攒", "zan cuan"},
};

/* One character: its spellings, the likelier first. */
typedef struct {
    char spelt[PINYIN_READINGS_MAX][SYLLABLE_BYTES];
    int count;
} readings;

bool pinyin_is_han(gunichar c)
{
    UErrorCode status = U_ZERO_ERROR;
    return c >= 0x2E80 && uscript_getScript((UChar32)c, &status) == USCRIPT_HAN;
}

/* ---- ICU's readings ---- */

/* Tone marks fall away, the two points of ü stay. NULL when ICU's data is not whole. */
static UTransliterator *transliterator(void)
{
    static gsize once;
    static UTransliterator *speller;
    if (g_once_init_enter(&once)) {
        UErrorCode status = U_ZERO_ERROR;
        UChar id[96];
        u_uastrcpy(id, "Han-Latin; NFD; [\\u0300\\u0301\\u0304\\u030C] Remove; NFC; Lower");
        speller = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
        if (U_FAILURE(status))
            speller = NULL;
        g_once_init_leave(&once, 1);
    }
    return speller;
}

/* UTF-8 of how `run` is spelt, syllables with blanks between; "" when it cannot be. */
static char *spell(const gunichar *run, int length)
{
    static GMutex one_at_a_time;
    UErrorCode status = U_ZERO_ERROR;
    UChar units[SPELT_UNITS];
    char text[SPELT_UNITS * 3];
    int32_t count = 0, limit;
    UTransliterator *speller = transliterator();
    u_strFromUTF32(units, SPELT_UNITS, &count, (const UChar32 *)run, length, &status);
    limit = count;
    g_mutex_lock(&one_at_a_time);
    if (speller && U_SUCCESS(status))
        utrans_transUChars(speller, units, &count, SPELT_UNITS, 0, &limit, &status);
    g_mutex_unlock(&one_at_a_time);
    u_strToUTF8(text, sizeof text, NULL, units, count, &status);
    return g_strdup(speller && U_SUCCESS(status) ? text : "");
}

static void add_reading(readings *of, const char *syllable)
{
    for (int i = 0; i < of->count; i++)
        if (strcmp(of->spelt[i], syllable) == 0)
            return;
    if (of->count < PINYIN_READINGS_MAX && strlen(syllable) < SYLLABLE_BYTES)
        g_strlcpy(of->spelt[of->count++], syllable, SYLLABLE_BYTES);
}

/* As ICU spells it, ü as v and u. What has other letters is no syllable. */
static void add_spelt(readings *of, const char *syllable)
{
    g_autoptr(GString) v = g_string_new(syllable), u = g_string_new(syllable);
    g_string_replace(v, "ü", "v", 0);
    g_string_replace(u, "ü", "u", 0);
    if (!v->len || strspn(v->str, "abcdefghijklmnopqrstuvwxyz") != v->len)
        return;
    add_reading(of, v->str);
    add_reading(of, u->str);
}

static void add_others(readings *of, gunichar c)
{
    char character[7] = {0};
    g_unichar_to_utf8(c, character);
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        if (strcmp(others[i].character, character) != 0)
            continue;
        g_auto(GStrv) all = g_strsplit(others[i].readings, " ", -1);
        for (int n = 0; all[n]; n++)
            add_reading(of, all[n]);
        return;
    }
}

/* Together, so that ICU sees the words; one by one when its syllables do not count up. */
static void read_run(const gunichar *run, int length, readings *all)
{
    g_autofree char *together = spell(run, length);
    g_auto(GStrv) syllables = g_strsplit(together, " ", -1);
    bool whole = (int)g_strv_length(syllables) == length;
    for (int i = 0; i < length; i++) {
        g_autofree char *alone = whole ? NULL : spell(run + i, 1);
        all[i].count = 0;
        add_spelt(&all[i], whole ? syllables[i] : alone);
        add_others(&all[i], run[i]);
    }
}

/* ---- words to look up ---- */

/* All spellings of at most `most` characters from `all` on, up to PINYIN_READINGS_MAX of them. */
typedef struct {
    GString *words[PINYIN_READINGS_MAX];
    int count;
} spellings;

static void spellings_clear(spellings *of)
{
    for (int i = 0; i < of->count; i++)
        g_string_free(of->words[i], TRUE);
}

static void append_syllable(GString *word, const char *syllable, bool initials)
{
    if (initials)
        g_string_append_c(word, syllable[0]);
    else
        g_string_append(word, syllable);
}

/* Every spelling so far goes on with every reading of the next character. */
static void go_on(spellings *of, const readings *next, bool initials)
{
    int before = of->count;
    for (int r = 1; r < next->count; r++)
        for (int i = 0; i < before && of->count < PINYIN_READINGS_MAX; i++) {
            if (initials && next->spelt[r][0] == next->spelt[0][0])
                continue;
            GString *other = g_string_new(of->words[i]->str);
            append_syllable(other, next->spelt[r], initials);
            of->words[of->count++] = other;
        }
    for (int i = 0; i < before; i++)
        append_syllable(of->words[i], next->spelt[0], initials);
}

static void append_words(GString *out, const readings *all, int length, int most, bool initials)
{
    spellings of = {.words = {g_string_new(NULL)}, .count = 1};
    for (int i = 0; i < MIN(length, most) && all[i].count; i++)
        go_on(&of, &all[i], initials);
    for (int i = 0; i < of.count; i++)
        if (of.words[i]->len)
            g_string_append_printf(out, " %s", of.words[i]->str);
    spellings_clear(&of);
}

static void append_run(GString *out, const gunichar *run, int length, int full, int initials)
{
    readings all[RUN_MAX];
    read_run(run, length, all);
    for (int i = 0; i < length; i++) {
        append_words(out, all + i, length - i, full, false);
        append_words(out, all + i, length - i, initials, true);
    }
}

/* Brackets, dots and blanks within a text are not typed: what stands behind them goes on. */
static bool ends_run(gunichar c)
{
    return c == 0 || c == '\n' || g_unichar_isalnum(c);
}

void pinyin_words(GString *out, const char *text, int full, int initials)
{
    gunichar run[RUN_MAX], c = 1;
    int length = 0;
    for (const char *at = text; c; at = c ? g_utf8_next_char(at) : at) {
        c = g_utf8_get_char(at);
        bool han = pinyin_is_han(c);
        if (length && ((!han && ends_run(c)) || length == RUN_MAX)) {
            append_run(out, run, length, full ? full : PINYIN_FULL_CHARS,
                       initials ? initials : PINYIN_INITIALS);
            length = 0;
        }
        if (han)
            run[length++] = c;
    }
}
