/*
 * The public page behind a certificate's QR code: GET /verify/{token} and its stylesheet.
 *
 * HTML without scripts, or JSON by Accept. An unknown and a malformed token give the same answer. Limited by address, IPv6
 * by its /64.
 *
 * Runs on: the loop, once, at the start.
 * Memory:  its state is kept by the api.
 */
#ifndef API_VERIFY_H
#define API_VERIFY_H

#include "api/api.h"

#define VERIFY_BURST 60       /* looks at once from one address: a class trying its certificates */
#define VERIFY_REFILL_MS 1000 /* then one a second */
#define VERIFY_ADDRESSES_MAX                                                                       \
    20000 /* remembered; full: all are forgotten, the tokens' 128 bits stand by themselves */

void api_verify(api *api);

#endif
