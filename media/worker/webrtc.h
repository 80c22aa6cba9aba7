/*
 * One WebRTC publisher at the end of GStreamer's webrtcbin: an offer in, an answer and frames out.
 *
 * H.264 comes out as whole pictures with their avcC, Opus as AAC with its AudioSpecificConfig;
 * stamps are GStreamer's running time, both tracks on one line. After a loss nothing comes out
 * until the next keyframe, which is asked for. ICE listens on 127.0.0.1 only: the server stands
 * between it and the world, so there is no name to resolve and no address of a stranger to call.
 *
 * Runs on: the owner's thread; what comes out goes through the outbox.
 * Memory:  you own what webrtc_new() returns; the outbox is borrowed and outlives it.
 */
#ifndef WORKER_WEBRTC_H
#define WORKER_WEBRTC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "worker/outbox.h"

#define WEBRTC_LATENCY_MS 300 /* how long a lost packet is waited for */
#define WEBRTC_SOCKET_BYTES                                                                        \
    (4 * 1024 * 1024) /* asked of the kernel for ICE's socket: a keyframe is one burst */
#define WEBRTC_AUDIO_BPS 96000
#define WEBRTC_SOURCES_MAX                                                                         \
    16 /* streams (SSRC) one browser may begin: two, and what a restart adds */

typedef struct webrtc webrtc;

/*
 * Once, before the sandbox: the parts are there, and the DTLS certificate of this process is made
 * (its key takes longer than everything else of an answer). PEER error names what is missing.
 */
bool webrtc_prepare(GError **error);

webrtc *webrtc_new(outbox *out, GError **error);
/* Only after outbox_shut(). NULL is fine. */
void webrtc_free(webrtc *w);

/*
 * Once. The answer comes as OUTBOX_ANSWER without candidates; whatever fails later as
 * OUTBOX_TROUBLE. INPUT error: this is no SDP.
 */
bool webrtc_offer(webrtc *w, const char *sdp, gsize size, GError **error);

void webrtc_ask_key(webrtc *w); /* a PLI; nothing when there is no picture track yet */
void webrtc_counts(webrtc *w, uint64_t *lost, uint64_t *retransmitted); /* packets, so far */

#endif
