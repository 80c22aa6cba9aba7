/*
 * What the files of the house share: its rooms in one place, and what one room is told of another.
 *
 * Runs on: the main thread, but for what says otherwise.
 * Memory:  the house owns all it points to.
 */
#ifndef HOUSE_INSIDE_H
#define HOUSE_INSIDE_H

#include "agenda/remind.h"
#include "api/api.h"
#include "api/beats.h"
#include "api/revoke.h"
#include "house.h"
#include "ingest/rtmp/rtmp_ingest.h"
#include "ingest/srt/srt_ingest.h"
#include "ingest/whip/whip_ingest.h"
#include "ledger/ledger.h"
#include "people/revoked.h"
#include "school/problems.h"
#include "transcode/transcode.h"
#include "upload/desk.h"

struct house {
    settings *settings;
    base_clock *clock;
    clerk *clerk;
    readers *readers;
    net *net;
    pool *pool;
    shelf *shelf;
    crew *crew;
    live *live;
    storage *storage;
    transcode *transcode;
    remind *remind; /* NULL: there is no hook */
    rtmp_ingest *rtmp;
    srt_ingest *srt;
    GBytes *srt_secret; /* NULL: SRT does not encrypt */
    whip_ingest *whip;
    room_hall *hall;
    ledger *ledger;
    beats *beats;
    upload_desk *uploads;
    pass_key *pass_key;
    revoked *revoked;
    revoke_watch *revoke_watch;
    api *api;
    house_rule course_rule; /* of every course */
    char *web_dir, *worker_path, *public_url, *rtmp_url, *rtmps_url, *srt_url, *whip_links;
    int rtmp_port, rtmps_port, srt_port, whip_port;
    bool draining;
    net_timer *last_call; /* while draining */
    GAsyncQueue *late;    /* of letter: answers of the clerk that came when the loop was over */
};

/* ---- switchboard.c: news from one room to another; each `user` is the house ---- */

live_news switchboard_live(house *h);
transcode_news switchboard_transcode(house *h);
room_news switchboard_room(house *h);
/* A file is whole: it becomes an asset. For upload_desk_parts.on_complete. */
void switchboard_upload_complete(gpointer user, const upload *is, const char *path);

#endif
