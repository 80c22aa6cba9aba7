#include "people/device.h"

#include <glib.h>
#include <string.h>

typedef struct {
    const char *mark, *word;
} mark;

/* The first that is there counts: nearly all call themselves Safari too, and many Chrome. */
static const mark browsers[] = {
    {"MicroMessenger/", "wechat"},
    {"DingTalk/", "dingtalk"},
    {"QQBrowser/", "qq"},
    {"UCBrowser/", "uc"},
    {"HuaweiBrowser/", "huawei"},
    {"MiuiBrowser/", "xiaomi"},
    {"SamsungBrowser/", "samsung"},
    {"Edg/", "edge"},
    {"EdgA/", "edge"},
    {"EdgiOS/", "edge"},
    {"Firefox/", "firefox"},
    {"FxiOS/", "firefox"},
    {"Chrome/", "chrome"},
    {"CriOS/", "chrome"},
    {"Safari/", "safari"},
};

static const mark devices[] = {
    {"HarmonyOS", "harmony"}, {"Android", "android"}, {"iPhone", "iphone"}, {"iPad", "ipad"},
    {"Windows", "windows"},   {"Macintosh", "mac"},   {"Linux", "linux"},
};

static const char *first_of(const mark *marks, gsize count, const char *text)
{
    for (gsize i = 0; i < count; i++)
        if (strstr(text, marks[i].mark))
            return marks[i].word;
    return "";
}

device device_of(const char *user_agent)
{
    device is = {"", ""};
    if (!user_agent || !*user_agent)
        return is;
    is.device = first_of(devices, G_N_ELEMENTS(devices), user_agent);
    is.browser = g_str_has_prefix(user_agent, "Mozilla/")
                     ? first_of(browsers, G_N_ELEMENTS(browsers), user_agent)
                     : "program";
    return is;
}
