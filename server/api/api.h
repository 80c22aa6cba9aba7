/*
 * The words of HTTP in, calls to rooms, the words of HTTP out: what the files of this room share.
 *
 * A resource is a table of api_route; each request walks its steps: before (loop), work (clerk), slow (pool),
 * store (clerk), after (loop), then the answer. A step that fails ends the walk with a problem document.
 *
 * Runs on: the loop, but for the steps as named.
 * Memory:  a call lives from its request until its answer; json is jansson's counting.
 */
#ifndef API_API_H
#define API_API_H

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"
#include "ingest/rtmp/rtmp_ingest.h"
#include "live/live.h"
#include "net/net.h"
#include "net/pool.h"
#include "people/pass.h"
#include "people/people.h"
#include "records/clerk.h"
#include "records/readers.h"
#include "room/room.h"
#include "school/viewing.h"
#include "shelf/shelf.h"

typedef struct api api;
typedef struct api_call api_call;

/* What main gives; all borrowed, all outlive the api. */
typedef struct {
    net *net;
    pool *pool;
    clerk *clerk;
    readers *readers;
    shelf *shelf;
    live *live;
    rtmp_ingest *rtmp; /* NULL: none */
    room_hall *hall;
    struct transcode *transcode; /* NULL: nothing is made of files, its routes are not there */
    struct storage *storage;     /* likewise */
    struct ledger *ledger;       /* touched only on the clerk's thread */
    base_clock *clock;
    pass_key *pass_key;
    struct revoked *revoked; /* NULL: nothing is ever taken back */
    const char *
        public_url; /* "http://localhost:8080", without a slash at its end; certificates and links use it */
    const char *rtmp_url;  /* "rtmp://localhost:1935/live" */
    const char *rtmps_url; /* likewise; NULL: no RTMPS */
    const char *srt_url;   /* "srt://localhost:8890"; NULL: no SRT */
    GBytes *srt_secret; /* passphrases come from it (ingest/srt/passphrase.h); NULL: none asked */
    struct whip_ingest *whip; /* NULL: no WebRTC */
    const char *whip_links;   /* Link headers of STUN and TURN servers, "" for none */
    void (*more_metrics)(gpointer user, GString *out); /* for /metrics; may be NULL */
    gpointer more_metrics_user;
    struct upload_desk *uploads;         /* NULL: none are taken */
    const char *web_dir;                 /* the built page */
    const char *issuer;                  /* printed on certificates */
    bool secure_cookies;                 /* public_url is https */
    int reminder_minutes;                /* people are reminded so long before a class begins */
    const struct house_rule *house_rule; /* school/problems.h: of every course; NULL: none */
} api_parts;

#define API_TOKEN_MAX 128 /* characters of a session token; longer is none */

/* Copies the parts; has no routes yet: main calls the functions of the resources below, each once. */
api *api_new(const api_parts *parts);
/* When the loop is over, before the rooms go: walks on their way end where they are, answering nobody. NULL is fine. */
void api_stop(api *api);
/* NULL is fine. After net_free(): until then the loop may still call its handlers. A walk on its way keeps the api. */
void api_free(api *api);
/* A resource's own state, freed with the api. */
void api_keep(api *api, gpointer data, GDestroyNotify free_data);

struct api_call {
    const api_parts *parts;
    request *request;
    json_t *body;     /* parsed object; NULL when the request had none */
    person who;       /* who.id == 0: not signed in */
    char *token;      /* the session token shown, or NULL */
    int status;       /* of the answer; 200 unless a step says otherwise */
    json_t *answer;   /* owned; NULL with status 204 */
    GString *headers; /* more "Name: value\r\n" for the answer */
    GBytes *raw;      /* instead of answer: other bytes, with raw_type */
    const char *raw_type;
    bool handed; /* somebody else keeps the request and answers it: the walk ends without a word */
    gpointer data; /* the route's own, freed with free_data */
    GDestroyNotify free_data;
};

/* Where a slow step runs: on the pool of the house, or, one after the other, on a thread of the storage's. */
typedef enum {
    API_ON_POOL,
    API_ON_DISK,    /* changes of files, in the order they were asked for */
    API_ON_MEASURE, /* may take minutes: nothing else waits behind it */
} api_thread;

/* db is NULL on loop and pool. False: *error is set and becomes a problem document. */
typedef bool (*api_step)(api_call *call, records *db, GError **error);

typedef struct {
    const char *method;
    const char *pattern; /* as net_route() */
    guint roles;         /* mask of ROLE_BIT(role); 0: anybody, signed in or not */
    gsize body_max;      /* bytes; 0: no body taken */
    api_step before, work, slow, store, after; /* any may be NULL */
    api_thread slow_on;
    /* The body is a file, whatever its type: request_body(); else one JSON object. */
    bool takes_bytes;
    /* The body is not read: after() hands it to a taker (net_route_streamed). */
    bool streamed;
    /* Answers for this resource when a step failed; NULL: api_refuse(). */
    void (*refuse)(request *request, const GError *error);
} api_route;

void api_routes(api *api, const api_route *routes, gsize count);

/* From call->body: INPUT error naming the field ("title": missing, wrong type, too long in characters). Borrowed. */
const char *api_text(const api_call *call, const char *field, gsize min_chars, gsize max_chars,
                     GError **error);
bool api_integer(const api_call *call, const char *field, int64_t min, int64_t max, int64_t *value,
                 GError **error);

/* An optional field that is there and not null. */
bool api_has(const api_call *call, const char *field);

/* One file per resource: each registers its routes. */
void api_session(api *api);      /* session, people (sign-up), me, setup */
void api_own(api *api);          /* one's own password, and where one is signed in */
void api_classes(api *api);      /* classes, their close */
void api_courses(api *api);      /* courses, lessons, enrolments, learning */
void api_drafts(api *api);       /* courses as their editors see them */
void api_titles(api *api);       /* passes */
void api_chapters(api *api);     /* setting chapters in a title */
void api_captions(api *api);     /* captions of a title */
void api_catalogue(api *api);    /* finding courses */
void api_occupations(api *api);  /* the classification of occupations */
void api_handouts(api *api);     /* the PDF beside a lesson */
void api_notes(api *api);        /* a learner's notes beside a lesson */
void api_questions(api *api);    /* questions asked in a class, and their export */
void api_people(api *api);       /* the roll of people and institutions, kept by staff */
void api_embeds(api *api);       /* links that show a class elsewhere */
void api_calendar(api *api);     /* reminders, and calendars of classes to come */
void api_audit(api *api);        /* what people with power did */
void api_assets(api *api);       /* uploaded files and what became of them */
void api_jobs(api *api);         /* the queue of what is made of them */
void api_storage(api *api);      /* what fills the disk */
void api_media(api *api);        /* /media/... */
void api_certificates(api *api); /* certificates, /verify */
void api_socket(api *api);       /* /ws */
void api_tus(api *api);          /* /files/, uploads */
void api_whip(api *api);         /* /whip/... */
void api_page(api *api);         /* the built page from memory, /api/openapi.json */
void api_operate(api *api);      /* /healthz /readyz /metrics */

/* The address of a title's poster, or null: it has none (yet), or whoever asks may not watch. */
json_t *api_poster_json(const api_parts *parts, const char *title_id,
                        const viewing_verdict *verdict);
/* [...] of title_captions, with their addresses. */
json_t *api_captions_json(const char *title_id, const GArray *captions);
/* {"chapters": [...]}, of title_chapter. */
json_t *api_chapters_json(const GArray *chapters);

const api_parts *api_parts_of(const api *api);

/* The one place where error kinds become HTTP: RFC 9457 problem document. */
int api_status(const GError *error);
GBytes *api_problem(const GError *error, int status);
/* Answers with the problem document; for handlers that are no walk (media, page). */
void api_refuse(request *request, const GError *error);
/* The same with a status of the resource's own, and more "Name: value\r\n" lines. */
void api_refuse_as(request *request, const GError *error, int status, const char *headers);

#endif
