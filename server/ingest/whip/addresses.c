#include "ingest/whip/addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

static int family_of(const char *text)
{
    uint8_t bytes[16];
    if (inet_pton(AF_INET, text, bytes) == 1)
        return AF_INET;
    return inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6 : AF_UNSPEC;
}

static bool is_loopback(const char *text)
{
    return g_str_has_prefix(text, "127.") || g_str_equal(text, "::1");
}

static bool is_all(const char *bind)
{
    return g_str_equal(bind, "0.0.0.0") || g_str_equal(bind, "::");
}

GStrv addresses_read(const char *text, GError **error)
{
    GPtrArray *list = g_ptr_array_new();
    g_auto(GStrv) words = g_strsplit_set(text, ", ", -1);
    bool good = true;
    for (int i = 0; words[i]; i++) {
        if (!*words[i])
            continue;
        good = good && family_of(words[i]) != AF_UNSPEC && list->len < ADDRESSES_MAX;
        g_ptr_array_add(list, g_strdup(words[i]));
    }
    g_ptr_array_add(list, NULL);
    GStrv all = (GStrv)g_ptr_array_free(list, FALSE);
    if (good)
        return all;
    g_strfreev(all);
    error_set(error, ERROR_INPUT, "setting_value", "address",
              "whip.address = \"%s\": numeric addresses with commas between are wanted, at most %d",
              text, ADDRESSES_MAX);
    return NULL;
}

static void add(GPtrArray *list, const char *address)
{
    for (guint i = 0; i < list->len; i++)
        if (g_str_equal(g_ptr_array_index(list, i), address))
            return;
    if (list->len < ADDRESSES_MAX)
        g_ptr_array_add(list, g_strdup(address));
}

/* "[::1]:8080" > "::1", "10.0.0.5:8080" > "10.0.0.5" */
static char *without_port(const char *host)
{
    if (*host == '[') {
        const char *end = strchr(host, ']');
        return end ? g_strndup(host + 1, (gsize)(end - host - 1)) : g_strdup("");
    }
    const char *colon = strchr(host, ':');
    return colon ? g_strndup(host, (gsize)(colon - host)) : g_strdup(host);
}

static void add_interfaces(GPtrArray *list, bool both_families, bool loopback)
{
    struct ifaddrs *all = NULL;
    char text[INET6_ADDRSTRLEN];
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
        bool up = one->ifa_addr && one->ifa_flags & IFF_UP;
        bool home = one->ifa_flags & IFF_LOOPBACK;
        if (!up || home != loopback)
            continue;
        if (one->ifa_addr->sa_family == AF_INET) {
            inet_ntop(AF_INET, &((struct sockaddr_in *)one->ifa_addr)->sin_addr, text, sizeof text);
            add(list, text);
        } else if (both_families && one->ifa_addr->sa_family == AF_INET6) {
            const struct sockaddr_in6 *at = (struct sockaddr_in6 *)one->ifa_addr;
            inet_ntop(AF_INET6, &at->sin6_addr, text, sizeof text);
            if (!IN6_IS_ADDR_LINKLOCAL(&at->sin6_addr))
                add(list, text);
        }
    }
    freeifaddrs(all);
}

GStrv addresses_to_offer(const char *const *set, const char *bind, const char *host)
{
    GPtrArray *list = g_ptr_array_new();
    g_autofree char *name = without_port(host ? host : "");
    bool both = g_str_equal(bind, "::");
    int family = family_of(name);
    bool at_home = is_loopback(name) || g_str_equal(name, "localhost");
    for (int i = 0; set[i]; i++)
        add(list, set[i]);
    if (!list->len && !is_all(bind))
        add(list, bind);
    if (!list->len) {
        if (family == AF_INET || (family == AF_INET6 && both))
            add(list, name);
        if (at_home)
            add_interfaces(list, both, true);
        add_interfaces(list, both, false);
        if (!list->len)
            add_interfaces(list, both, true);
    }
    g_ptr_array_add(list, NULL);
    return (GStrv)g_ptr_array_free(list, FALSE);
}
