#include "people/address.h"

#include <arpa/inet.h>
#include <string.h>

#include <glib.h>

#define PREFIX_BYTES 8 /* of a /64 */

static const uint8_t mapped_ipv4[12] = {[10] = 0xFF, [11] = 0xFF};

char *address_subject(const char *address)
{
    uint8_t bytes[16];
    char text[INET6_ADDRSTRLEN];
    if (address && inet_pton(AF_INET, address, bytes) == 1)
        return g_strdup(inet_ntop(AF_INET, bytes, text, sizeof text));
    if (!address || inet_pton(AF_INET6, address, bytes) != 1)
        return g_strdup("?");
    if (memcmp(bytes, mapped_ipv4, sizeof mapped_ipv4) == 0)
        return g_strdup(inet_ntop(AF_INET, bytes + sizeof mapped_ipv4, text, sizeof text));
    memset(bytes + PREFIX_BYTES, 0, sizeof bytes - PREFIX_BYTES);
    return g_strdup(inet_ntop(AF_INET6, bytes, text, sizeof text));
}
