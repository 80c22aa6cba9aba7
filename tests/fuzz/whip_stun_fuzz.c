/* Any bytes as a packet at the lobby: a user name within its bounds, a signature that holds or not. */
#include <stdlib.h>
#include <string.h>

#include "ingest/whip/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char user[STUN_USER_MAX + 1];
    stun_kind kind = stun_read(data, size);
    bool named = stun_user(data, size, user);
    if (named && (kind != STUN_REQUEST || !*user || strlen(user) > STUN_USER_MAX))
        abort();
    if (stun_is_signed(data, size, "VOkJxbRl1RmTxUk/WvJxBt") && kind == STUN_NONE)
        abort();
    return 0;
}
