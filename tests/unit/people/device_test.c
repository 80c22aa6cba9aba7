/*
 * Two words for what somebody sits at, from what their browser says.
 */
#include <glib.h>

#include "people/device.h"

typedef struct {
    const char *said, *browser, *device;
} line;

static const line lines[] = {
    {"Mozilla/5.0 (Linux; Android 13; V2207A; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Version/4.0 "
     "Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160065 MMWEBSDK/20231202 "
     "MicroMessenger/8.0.47.2560",
     "wechat", "android"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) "
     "Mobile/15E148 MicroMessenger/8.0.49(0x1800312d)",
     "wechat", "iphone"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) "
     "Version/17.5 Mobile/15E148 Safari/604.1",
     "safari", "iphone"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
     "edge", "windows"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36",
     "chrome", "windows"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0",
     "firefox", "mac"},
    {"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36",
     "huawei", "harmony"},
    {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0 "
     "Safari/537.36",
     "chrome", "linux"},
    {"Mozilla/5.0 (compatible)", "", ""},
    {"curl/7.88.1", "program", ""},
    {"", "", ""},
    {NULL, "", ""},
};

static void a_browser_and_its_device_are_two_words(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        device is = device_of(lines[i].said);
        g_assert_cmpstr(is.browser, ==, lines[i].browser);
        g_assert_cmpstr(is.device, ==, lines[i].device);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device/a_browser_and_its_device_are_two_words",
                    a_browser_and_its_device_are_two_words);
    return g_test_run();
}
