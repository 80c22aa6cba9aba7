/* The switchboard: what one room must tell another of, without knowing it. */
#include "house_inside.h"

#include "api/health.h"
#include "base/log.h"
#include "school/school.h"

/* Only now it can have made somebody's course complete. */
static void on_title_ended(gpointer user, const char *title_id)
{
    house *h = user;
    if (h->beats)
        beats_title_ended(h->beats, title_id);
}

static void on_class_state(gpointer user, const live_class *is)
{
    house *h = user;
    const title_index *index = shelf_index(h->shelf, is->title_id, NULL);
    const journal_head *head = index ? title_index_head(index) : NULL;
    json_t *news =
        json_pack("{s:s, s:s, s:I, s:I}", "t", "state", "state", class_state_word(is->state),
                  "epoch_ms", (json_int_t)(head ? head->epoch_utc_ms : 0), "kept_until_ms",
                  (json_int_t)is->kept_until_ms);
    room_tell(h->hall, is->title_id, news);
    json_decref(news);
}

static void on_publisher_health(gpointer user, const live_class *is)
{
    house *h = user;
    live_vitals vitals;
    bool there = live_health(h->live, is->id, &vitals);
    json_t *message = health_message(there ? &vitals : NULL);
    room_tell_hosts(h->hall, is->title_id, message);
    json_decref(message);
}

static void on_key(gpointer user, const char *key, bool good)
{
    house *h = user;
    if (good)
        srt_ingest_admit(h->srt, key);
    else
        srt_ingest_expel(h->srt, key);
}

static void on_other_message(gpointer user, room_member *member, const char *kind, json_t *message)
{
    house *h = user;
    beats_on_message(h->beats, member, kind, message);
}

static void on_member_left(gpointer user, room_member *member)
{
    house *h = user;
    beats_on_left(h->beats, member);
}

static int64_t programme_ms(gpointer user, const char *title_id)
{
    house *h = user;
    const live_class *is = live_find_title(h->live, title_id);
    if (!is || is->state != CLASS_ON_AIR)
        return 0;
    const title_index *index = shelf_index(h->shelf, title_id, NULL);
    const journal_head *head = index ? title_index_head(index) : NULL;
    return head ? head->epoch_utc_ms + title_index_duration(index) * 1000 / TITLE_TIMESCALE : 0;
}

/* What a newcomer is told of the class beside the talk. */
static void on_welcome(gpointer user, const char *title_id, json_t *welcome)
{
    house *h = user;
    const live_class *is = live_find_title(h->live, title_id);
    const title_index *index = is ? shelf_index(h->shelf, title_id, NULL) : NULL;
    const journal_head *head = index ? title_index_head(index) : NULL;
    if (is) {
        json_object_set_new(welcome, "state", json_string(class_state_word(is->state)));
        json_object_set_new(welcome, "kept_until_ms", json_integer(is->kept_until_ms));
    }
    if (head)
        json_object_set_new(welcome, "epoch_ms", json_integer(head->epoch_utc_ms));
}

void switchboard_upload_complete(gpointer user, const upload *is, const char *path)
{
    house *h = user;
    g_autoptr(GError) error = NULL;
    const transcode_source source = {.upload_id = is->id,
                                     .owner = is->owner,
                                     .name = is->name,
                                     .handout = is->kind == UPLOAD_HANDOUT,
                                     .bytes = is->bytes,
                                     .path = path,
                                     .sha256 = is->sha256};
    if (!transcode_take(h->transcode, &source, &error))
        log_info("main", "upload %s waits: %s", is->id, error->message); /* it is told again */
}

static bool on_upload_taken(gpointer user, records *db, const char *upload_id, GError **error)
{
    const house *h = user;
    return upload_take(db, h->clock, upload_desk_limits(h->uploads), upload_id, error);
}

/* ---- who is told ---- */

live_news switchboard_live(house *h)
{
    return (live_news){.user = h,
                       .on_state = on_class_state,
                       .record_end = school_title_ended,
                       .on_ended = on_title_ended,
                       .on_key = on_key,
                       .on_health = on_publisher_health};
}

transcode_news switchboard_transcode(house *h)
{
    return (transcode_news){.user = h, .on_ended = on_title_ended, .take = on_upload_taken};
}

room_news switchboard_room(house *h)
{
    return (room_news){.user = h,
                       .on_other = on_other_message,
                       .on_left = on_member_left,
                       .programme_ms = programme_ms,
                       .on_welcome = on_welcome};
}
