/*
 * A publisher's offer (SDP), read strictly and said again in our own words.
 *
 * Pure. What the publisher wrote goes no further than this file: the facts that are needed are
 * taken out with their shapes checked (one picture track, one sound track, H.264, Opus, ICE's and
 * DTLS's secrets), and a new offer is written from them for the receiver. Candidates are left
 * behind: the publisher's address is learnt from its own packets, so nobody's name is looked up and
 * nobody's address called.
 * Source: RFC 8866 (SDP), RFC 8829 (JSEP), RFC 9725 section 4.
 *
 * Runs on: any thread.
 * Memory:  plain values; what sdp_write_* return is yours.
 */
#ifndef WHIP_SDP_H
#define WHIP_SDP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define SDP_SIZE_MAX (32 * 1024) /* bytes; browsers send 4 to 8 KiB */
#define SDP_LINES_MAX 1000
#define SDP_LINE_MAX 1024
#define SDP_ICE_MAX 256 /* characters of a ufrag or a password (RFC 8839 section 5.4) */
#define SDP_SSRCS_MAX 4 /* of one track: the stream and its repairs */
#define SDP_CANDIDATES_MAX 8
#define SDP_START_KBPS 1200 /* browsers begin at 300 and climb for half a minute */

typedef struct {
    bool there;
    char mid[33];
    guint payload;      /* of H.264 or Opus */
    guint repair;       /* payload of its retransmissions (RFC 4588); 0: none */
    char format[257];   /* its fmtp, "" when there is none */
    guint transport_cc; /* id of the header extension; 0: none */
    uint32_t ssrc[SDP_SSRCS_MAX];
    guint ssrcs;
    bool paired;
    uint32_t pair[2]; /* paired: a stream and its repair */
} sdp_track;

typedef struct {
    sdp_track track[2]; /* 0 picture, 1 sound */
    guint first;        /* which of them stands first in the offer */
    char ufrag[SDP_ICE_MAX + 1], password[SDP_ICE_MAX + 1];
    char fingerprint[129]; /* "sha-256 AB:CD:..." */
} sdp_offer;

/*
 * INPUT error whose code says which answer is due: "sdp_broken" (this is not the SDP of a WebRTC
 * offer), "sdp_codec" (H.264 or Opus is not offered), "sdp_tracks" (other tracks than one picture
 * and one sound to be sent). The sentence is for the person whose encoder sent it.
 */
bool sdp_read_offer(const char *text, gsize size, sdp_offer *offer, GError **error);

/* The same offer with nothing in it but the facts above. */
char *sdp_write_offer(const sdp_offer *offer);

/* ICE's user fragment and password out of an answer. PEER error. */
bool sdp_read_answer(const char *text, gsize size, char ufrag[SDP_ICE_MAX + 1],
                     char password[SDP_ICE_MAX + 1], GError **error);

/*
 * The answer for the publisher: with a host candidate for each of these numeric addresses (at most
 * SDP_CANDIDATES_MAX), all at one port; and with the picture's own format, which the receiver
 * shortens, and the rate to begin with.
 */
char *sdp_write_answer(const char *text, gsize size, const sdp_offer *offer,
                       const char *const *addresses, int port);

/* The user fragment a trickled fragment (RFC 8840) names, or "" when it names none. INPUT error. */
bool sdp_read_fragment(const char *text, gsize size, char ufrag[SDP_ICE_MAX + 1], GError **error);

#endif
