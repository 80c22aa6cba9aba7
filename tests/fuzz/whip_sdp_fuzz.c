/* Any bytes as an offer: refused, or facts that are the same again after being written and read. */
#include <stdlib.h>
#include <string.h>

#include "ingest/whip/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const sdp_offer *offer)
{
    g_autofree char *text = sdp_write_offer(offer);
    sdp_offer again;
    if (!sdp_read_offer(text, strlen(text), &again, NULL))
        abort();
    g_autofree char *rewritten = sdp_write_offer(&again);
    if (strcmp(text, rewritten) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const addresses[] = {"192.0.2.7", NULL};
    const char *text = (const char *)data;
    char ufrag[SDP_ICE_MAX + 1], password[SDP_ICE_MAX + 1];
    g_autoptr(GError) error = NULL;
    sdp_offer offer;
    if (sdp_read_offer(text, size, &offer, &error))
        check_written(&offer);
    else if (!error)
        abort();
    sdp_read_fragment(text, size, ufrag, NULL);
    if (!sdp_read_answer(text, size, ufrag, password, NULL))
        return 0;
    g_autofree char *answer = sdp_write_answer(text, size, &offer, addresses, 8189);
    if (!strstr(answer, "typ host"))
        abort();
    return 0;
}
