/*
 * The one UDP port of all WebRTC publishers.
 *
 * Each receiver listens on 127.0.0.1 only; the lobby stands between it and the world. A stranger's
 * packets are dropped until one is a STUN request for a guest the house expects, signed with that
 * guest's password; from then on what comes from that address goes to that guest's receiver, and
 * its answers go back. It looks into STUN and nothing else, and keeps no packet.
 *
 * Runs on: the loop.
 * Memory:  you own what lobby_new() returns; a guest belongs to the lobby until lobby_dismiss().
 */
#ifndef WHIP_LOBBY_H
#define WHIP_LOBBY_H

#include "base/error.h"
#include "net/net.h"

#define LOBBY_PATHS_MAX 8     /* addresses of one guest at once; one more: the quietest goes */
#define LOBBY_PATH_MS 30000   /* an address that is silent for so long is forgotten */
#define LOBBY_PACKET_MAX 2048 /* bytes; WebRTC stays below 1500 */
#define LOBBY_BURST 64        /* packets taken in one turn of the loop */
#define LOBBY_SOCKET_BYTES (4 * 1024 * 1024) /* asked of the kernel: keyframes of many at once */

typedef struct lobby lobby;
typedef struct lobby_guest lobby_guest;

/* CONFLICT error when the port is taken. port 0: any; *bound_port is set. */
lobby *lobby_new(net *loop, const char *bind, int port, int *bound_port, GError **error);
void lobby_free(lobby *d); /* dismisses whoever is left; NULL is fine */

/*
 * Expects packets for this user fragment, and passes them to 127.0.0.1:port. CONFLICT error when
 * somebody with the same fragment is here.
 */
lobby_guest *lobby_admit(lobby *d, const char *ufrag, const char *password, uint16_t port,
                         GError **error);
void lobby_dismiss(lobby_guest *guest); /* NULL is fine */

int32_t lobby_round_trip_ms(const lobby_guest *guest); /* of the last answered STUN; -1: none yet */
uint64_t lobby_packets(const lobby_guest *guest);      /* that came from it */
void lobby_metrics(const lobby *d, GString *out);      /* Prometheus text */

#endif
