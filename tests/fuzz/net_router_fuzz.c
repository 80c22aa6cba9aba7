/*
 * Any method and path against a set of routes: a verdict that agrees with itself, slices inside the
 * path.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static router *routes(void)
{
    static const char *const patterns[][2] = {
        {"GET", "/"},
        {"GET", "/api/v1/classes"},
        {"POST", "/api/v1/classes"},
        {"GET", "/a/{x}"},
        {"GET", "/a/{x}/b"},
        {"POST", "/a/b/{y}"},
        {"GET", "/a/{x}/{y}/c"},
        {"GET", "/media/{t}/{rest...}"},
        {"GET", "/media/{t}/main"},
        {"HEAD", "/a/b/c"},
        {"DELETE", "/{any}/b"},
    };
    router *r = router_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(patterns); i++)
        router_add(r, patterns[i][0], patterns[i][1], (gpointer)patterns[i][1]);
    return r;
}

static void check_found(const router_match *match, const char *path)
{
    for (guint i = 0; match->names[i]; i++) {
        const router_slice *value = &match->values[i];
        if (value->text < path || value->text + value->length > path + strlen(path))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", ""};
    static router *r;
    if (!r)
        r = routes();
    if (size < 1)
        return 0;
    const char *method = methods[data[0] % G_N_ELEMENTS(methods)];
    bool ok = router_path_ok((const char *)data + 1, size - 1);
    g_autofree char *path = g_strndup((const char *)data + 1, size - 1);
    if (ok && (strlen(path) != size - 1 || strstr(path, "/../") || g_str_has_suffix(path, "/..")))
        abort();
    router_match match = {0};
    router_verdict verdict = router_find(r, method, path, &match);
    g_autofree char *allow = router_allow(r, path);
    if (verdict == ROUTER_FOUND)
        check_found(&match, path);
    if ((verdict == ROUTER_NONE) != (allow[0] == '\0'))
        abort();
    return 0;
}
