/*
 * A whole RTMP connection: handshake given, then the fuzzer's bytes, in two cuttings, down to the
 * tag reader.
 */
#include <string.h>

#include "ingest/rtmp/flv.h"
#include "ingest/rtmp/rtmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_track(gpointer user, wire_track track, wire_codec codec, const uint8_t *config,
                     gsize size)
{
    (void)track;
    (void)codec;
    *(guint *)user += config[0] + config[size - 1];
}

static void on_frame(gpointer user, wire_track track, bool key, int64_t pts_ms, int64_t dts_ms,
                     const uint8_t *data, gsize size)
{
    (void)track;
    (void)key;
    (void)pts_ms;
    (void)dts_ms;
    *(guint *)user += data[0] + data[size - 1];
}

static const flv_ops tag_ops = {on_track, on_frame};

static bool on_publish(gpointer user, const char *key, const char **why)
{
    (void)user;
    *why = "no key";
    return key[0] != '\0';
}

static bool on_tag(gpointer user, uint8_t type, uint32_t timestamp, const uint8_t *data, gsize size,
                   GError **error)
{
    return flv_take(user, type, timestamp, data, size, error);
}

static void on_unpublish(gpointer user)
{
    (void)user;
}

static const rtmp_ops session_ops = {on_publish, on_tag, on_unpublish};

static void run(const uint8_t *data, size_t size, size_t step)
{
    static const uint8_t hello[1 + 1536 + 1536] = {3};
    guint sum = 0;
    flv *tags = flv_new(&tag_ops, &sum);
    rtmp *session = rtmp_new(&session_ops, tags);
    bool fine = rtmp_feed(session, hello, sizeof hello, NULL);
    for (size_t done = 0; fine && done < size; done += step) {
        size_t count = MIN(step, size - done);
        uint8_t *exact = g_memdup2(data + done, count);
        fine = rtmp_feed(session, exact, count, NULL);
        g_free(exact);
        GBytes *replies = rtmp_take_replies(session);
        g_clear_pointer(&replies, g_bytes_unref);
    }
    rtmp_free(session);
    flv_free(tags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(data, size, size ? size : 1);
    run(data, size, 7);
    return 0;
}
