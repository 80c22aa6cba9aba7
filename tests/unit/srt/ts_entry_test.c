/* Where a reader may begin in a transport stream: of ffmpeg's, cut anywhere, and of nobody's. */
#include "ingest/srt/ts_entry.h"

#include <glib/gstdio.h>

#define PMT_PID 0x1000
#define PICTURE_PID 0x100

/* What ffmpeg makes of six pictures, keyframes at the first, third and fifth. */
static GBytes *film(const char *more)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "ts-entry-XXXXXX.ts", NULL);
    int fd = g_mkstemp(path);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_autofree char *command =
        g_strdup_printf("ffmpeg -v error -y -f lavfi -i testsrc=size=320x180:rate=5 -f lavfi -i "
                        "sine=sample_rate=48000 -t 1.2 -c:v libx264 -g 2 -bf 0 -c:a aac %s -f "
                        "mpegts %s",
                        more, path);
    int status = -1;
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
    char *bytes;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    g_remove(path);
    return g_bytes_new_take(bytes, size);
}

static int pid_of(const uint8_t *packet)
{
    return (packet[1] & 0x1f) << 8 | packet[2];
}

/* All places in a film read in pieces of so many bytes. */
static GArray *places_in(GBytes *film, gsize piece, ts_entry *e)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(film, &size);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(gsize)),
           *found = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (gsize at = 0; at < size; at += piece) {
        g_array_set_size(found, 0);
        ts_entry_read(e, data + at, MIN(piece, size - at), found);
        for (guint i = 0; i < found->len; i++) {
            gsize place = at + g_array_index(found, gsize, i);
            g_array_append_val(all, place);
        }
    }
    g_array_unref(found);
    return all;
}

static void each_keyframe_is_a_place_to_begin(void)
{
    g_autoptr(GBytes) is = film("");
    const uint8_t *data = g_bytes_get_data(is, NULL), *tables;
    ts_entry *e = ts_entry_new();
    g_assert_cmpuint(ts_entry_tables(e, &tables), ==, 0);
    g_autoptr(GArray) places = places_in(is, G_MAXSIZE / 2, e);
    g_assert_cmpuint(places->len, ==, 3);
    for (guint i = 0; i < places->len; i++) {
        const uint8_t *packet = data + g_array_index(places, gsize, i);
        g_assert_cmpint(packet[0], ==, 0x47);
        g_assert_cmpint(pid_of(packet), ==, PICTURE_PID);
    }
    g_assert_cmpuint(ts_entry_tables(e, &tables), ==, 2 * TS_PACKET);
    g_assert_cmpint(pid_of(tables), ==, 0);
    g_assert_cmpint(pid_of(tables + TS_PACKET), ==, PMT_PID);
    ts_entry_free(e);
}

static void pieces_of_whole_packets_tell_the_same(void)
{
    g_autoptr(GBytes) is = film("");
    ts_entry *one = ts_entry_new(), *other = ts_entry_new();
    g_autoptr(GArray) whole = places_in(is, G_MAXSIZE / 2, one);
    g_autoptr(GArray) cut = places_in(is, 7L * TS_PACKET, other);
    g_assert_cmpmem(whole->data, whole->len * sizeof(gsize), cut->data, cut->len * sizeof(gsize));
    ts_entry_free(one);
    ts_entry_free(other);
}

static void pieces_cut_anywhere_tell_of_no_other_place(void)
{
    g_autoptr(GBytes) is = film("");
    ts_entry *one = ts_entry_new();
    g_autoptr(GArray) whole = places_in(is, G_MAXSIZE / 2, one);
    guint seen = 0, rounds = 0;
    for (gsize piece = 300; piece < 1500; piece += 101) {
        ts_entry *other = ts_entry_new();
        g_autoptr(GArray) cut = places_in(is, piece, other);
        for (guint i = 0, k = 0; i < cut->len; i++) {
            while (k < whole->len && g_array_index(whole, gsize, k) != g_array_index(cut, gsize, i))
                k++;
            g_assert_cmpuint(k, <, whole->len);
        }
        seen += cut->len;
        rounds++;
        ts_entry_free(other);
    }
    g_assert_cmpuint(seen, >, rounds); /* more than one of three, whatever was cut through */
    ts_entry_free(one);
}

static void without_a_picture_any_sound_will_do(void)
{
    g_autoptr(GBytes) is = film("-vn");
    const uint8_t *data = g_bytes_get_data(is, NULL);
    ts_entry *e = ts_entry_new();
    g_autoptr(GArray) places = places_in(is, 1316, e);
    g_assert_cmpuint(places->len, >, 3);
    g_assert_cmpint(pid_of(data + g_array_index(places, gsize, 0)), ==,
                    PICTURE_PID); /* the first */
    ts_entry_free(e);
}

static void bytes_that_were_lost_are_got_over(void)
{
    g_autoptr(GBytes) is = film("");
    gsize size;
    const uint8_t *data = g_bytes_get_data(is, &size);
    ts_entry *e = ts_entry_new(), *other = ts_entry_new();
    g_autoptr(GArray) whole = places_in(is, G_MAXSIZE / 2, e);
    /* Some bytes behind the first keyframe's beginning, in the middle of a packet. */
    gsize from = g_array_index(whole, gsize, 0) + 2L * TS_PACKET + 50, lost = 500;
    g_autoptr(GByteArray) torn = g_byte_array_new();
    g_byte_array_append(torn, data, (guint)from);
    g_byte_array_append(torn, data + from + lost, (guint)(size - from - lost));
    g_autoptr(GBytes) rest = g_bytes_new(torn->data, torn->len);
    g_autoptr(GArray) places = places_in(rest, G_MAXSIZE / 2, other);
    g_assert_cmpuint(places->len, ==, whole->len);
    for (guint i = 1; i < places->len; i++)
        g_assert_cmpuint(g_array_index(places, gsize, i), ==,
                         g_array_index(whole, gsize, i) - lost);
    ts_entry_free(e);
    ts_entry_free(other);
}

static void any_bytes_are_survived(void)
{
    g_autoptr(GBytes) is = film("");
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (int round = 0; round < 2000; round++) {
        gsize size;
        const uint8_t *data = g_bytes_get_data(is, &size);
        size = MIN(size, 8L * TS_PACKET);
        g_autofree uint8_t *changed = g_memdup2(data, size);
        for (int i = 0; i < 20; i++)
            changed[g_test_rand_int_range(0, (gint32)size)] = (uint8_t)g_test_rand_int();
        ts_entry *e = ts_entry_new();
        g_array_set_size(found, 0);
        ts_entry_read(e, changed, size, found);
        for (guint i = 0; i < found->len; i++)
            g_assert_cmpuint(g_array_index(found, gsize, i) + TS_PACKET, <=, size);
        ts_entry_free(e);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/ts_entry/" #name, name)
    TEST(each_keyframe_is_a_place_to_begin);
    TEST(pieces_of_whole_packets_tell_the_same);
    TEST(pieces_cut_anywhere_tell_of_no_other_place);
    TEST(without_a_picture_any_sound_will_do);
    TEST(bytes_that_were_lost_are_got_over);
    TEST(any_bytes_are_survived);
    return g_test_run();
}
