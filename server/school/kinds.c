#include "school/kinds.h"

#include <string.h>

const char *const lesson_kind_words[] = {"video", "audio", "live", "document", "link", NULL};
const char *const general_module_words[] = {"",     "quality", "law",      "guidance", "safety",
                                            "fire", "health",  "epidemic", NULL};
const char *const master_kind_words[] = {
    "other",    "grand_award",  "technical_expert", "skill_master", "worldskills", "post_model",
    "heritage", "unique_craft", "work_method",      "rural_talent", NULL};

G_STATIC_ASSERT(G_N_ELEMENTS(lesson_kind_words) == LESSON_KINDS + 1);
G_STATIC_ASSERT(G_N_ELEMENTS(general_module_words) == GENERAL_MODULES + 1);
G_STATIC_ASSERT(G_N_ELEMENTS(master_kind_words) == MASTER_KINDS + 1);

static bool find(const char *const *words, const char *word, int *at)
{
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        *at = i;
        return true;
    }
    return false;
}

const char *lesson_kind_word(lesson_kind kind)
{
    return lesson_kind_words[kind];
}

bool lesson_kind_parse(const char *word, lesson_kind *kind)
{
    int at;
    if (!find(lesson_kind_words, word, &at))
        return false;
    *kind = (lesson_kind)at;
    return true;
}

bool lesson_kind_counts(lesson_kind kind)
{
    return kind != LESSON_DOCUMENT && kind != LESSON_LINK;
}

const char *general_module_word(general_module module)
{
    return general_module_words[module];
}

bool general_module_parse(const char *word, general_module *module)
{
    int at;
    if (!find(general_module_words, word, &at))
        return false;
    *module = (general_module)at;
    return true;
}

bool general_modules_parse(const char *words, guint *modules)
{
    g_auto(GStrv) list = g_strsplit(words, ",", -1);
    *modules = 0;
    for (char **word = list; *word; word++) {
        general_module module;
        if (!general_module_parse(g_strstrip(*word), &module) || module == MODULE_NONE)
            return false;
        *modules |= MODULE_BIT(module);
    }
    return true;
}

const char *master_kind_word(master_kind kind)
{
    return master_kind_words[kind];
}

bool master_kind_parse(const char *word, master_kind *kind)
{
    int at;
    if (!find(master_kind_words, word, &at))
        return false;
    *kind = (master_kind)at;
    return true;
}
