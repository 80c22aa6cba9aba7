#include "api/peer.h"

#include <arpa/inet.h>
#include <string.h>

bool peer_is_loopback(const char *address)
{
    struct in6_addr six;
    struct in_addr four;
    if (inet_pton(AF_INET, address, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, address, &six) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

const char *peer_address(const request *req)
{
    const char *peer = request_peer(req);
    const char *forwarded = request_header(req, "x-forwarded-for");
    if (!forwarded || !peer_is_loopback(peer))
        return peer;
    const char *comma = strrchr(forwarded, ',');
    const char *last = comma ? comma + 1 : forwarded;
    return last + strspn(last, " ");
}
