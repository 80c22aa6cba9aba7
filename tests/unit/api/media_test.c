#include "api/api.h"

#include <zlib.h>

#include "api/dress.h"
#include "asking.h"

#define TITLE "title234abcd"
#define HEAD "jiangtang 1 30000 180000 2 1700000000000\n"
#define SRC "rendition src av avc1.64001f,mp4a.40.2 1280 720 30000 2500000\ninit src 0 4\n"
#define FIRST                                                                                      \
    "part src 0 0 0 4 0 30000 1\npart src 0 1 4 6 30000 30000 0\npart src 0 2 10 2 60000 30000 "   \
    "0\n"

typedef struct {
    char *dir;
    base_clock *clock;
    net *net;
    pool *pool;
    shelf *shelf;
    pass_key *key;
    api *api;
    api_parts parts;
    GThread *thread;
    GArray *taken; /* of shelf_delivery */
} stage;

static void append_to(stage *s, const char *name, const char *bytes)
{
    g_autofree char *path = g_build_filename(s->dir, TITLE, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_mkdir_with_parents(parent, 0755);
    FILE *file = fopen(path, "ab");
    fputs(bytes, file);
    fclose(file);
}

static stage *start(void)
{
    stage *s = g_new0(stage, 1);
    s->dir = g_dir_make_tmp("media-XXXXXX", NULL);
    s->clock = clock_new_fake(1000, 1700000000000);
    s->net = net_new(&(net_options){.bind = "127.0.0.1"}, s->clock, NULL);
    s->shelf = shelf_new(s->dir, s->clock, NULL);
    s->pool = pool_new(s->net);
    g_autoptr(GBytes) secret = g_bytes_new_take(g_strnfill(32, 's'), 32);
    s->key = pass_key_new(secret);
    s->parts = (api_parts){
        .net = s->net, .pool = s->pool, .shelf = s->shelf, .clock = s->clock, .pass_key = s->key};
    s->api = api_new(&s->parts);
    api_media(s->api);
    append_to(s, "journal", HEAD SRC FIRST "segment src 0 0 90000 12\n");
    append_to(s, "src/init-0.mp4", "INIT");
    append_to(s, "src/0.m4s", "aaaabbbbbbcc");
    s->thread = g_thread_new("net", run_net, s->net);
    return s;
}

static void stop(stage *s)
{
    net_stop(s->net);
    g_thread_join(s->thread);
    pool_free(s->pool);
    shelf_free(s->shelf);
    net_free(s->net);
    api_free(s->api);
    pass_key_free(s->key);
    clock_free(s->clock);
    remove_dir(s->dir);
    g_free(s->dir);
    g_free(s);
}

static char *pass_for(stage *s, int64_t person, const char *title_id, int64_t until_ms)
{
    pass p = {.viewer = 5, .person = person, .until_ms = until_ms};
    g_strlcpy(p.title_id, title_id, sizeof p.title_id);
    return pass_issue(s->key, &p);
}

/* Asks as person 7, with more header lines. */
static answer get_as(stage *s, int64_t person, const char *method, const char *file,
                     const char *more)
{
    g_autofree char *pass = pass_for(s, person, TITLE, 1700000100000);
    g_autofree char *lines = g_strdup_printf("Cookie: jt_pass=%s\r\n%s", pass, more ? more : "");
    g_autofree char *path = g_strconcat("/media/" TITLE "/", file, NULL);
    return ask(s->net, method, path, lines, NULL);
}

static answer get(stage *s, const char *file)
{
    return get_as(s, 7, "GET", file, NULL);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        g_error("expected \"%s\" in\n%s", part, text);
}

static void expect(answer a, int status, const char *head_part, const char *body)
{
    if (a.status != status)
        g_error("expected %d, got %d: %s", status, a.status, a.body);
    if (head_part)
        assert_has(a.head, head_part);
    if (body)
        g_assert_cmpstr(a.body, ==, body);
    answer_clear(&a);
}

/* ---- passes ---- */

static void only_a_pass_to_this_title_opens_it(void)
{
    stage *s = start();
    const char *path = "/media/" TITLE "/src/0.m4s";
    expect(ask(s->net, "GET", path, NULL, NULL), 401, "application/problem+json", NULL);
    expect(ask(s->net, "GET", path, "Cookie: jt_pass=forged.pass\r\n", NULL), 401, NULL, NULL);
    g_autofree char *old = pass_for(s, 7, TITLE, 1699999999999);
    g_autofree char *old_line = g_strdup_printf("Cookie: jt_pass=%s\r\n", old);
    answer expired = ask(s->net, "GET", path, old_line, NULL);
    assert_has(expired.body, "pass_expired");
    expect(expired, 401, NULL, NULL);
    g_autofree char *foreign = pass_for(s, 7, "other234abcd", 1700000100000);
    g_autofree char *foreign_line = g_strdup_printf("Cookie: jt_pass=%s\r\n", foreign);
    expect(ask(s->net, "GET", path, foreign_line, NULL), 403, NULL, NULL);
    expect(get(s, "src/0.m4s"), 200, NULL, "aaaabbbbbbcc");
    stop(s);
}

static void a_pass_in_the_query_is_in_every_address_of_the_playlist(void)
{
    stage *s = start();
    append_to(s, "journal", "part src 1 0 0 4 90000 30000 1\n");
    g_autofree char *pass = pass_for(s, 7, TITLE, 1700000100000);
    const char *const wanted[][2] = {{"main.m3u8", "\nsrc/index.m3u8?pass="},
                                     {"src/index.m3u8", "URI=\"init-0.mp4?pass="},
                                     {"src/index.m3u8", "\n0.m4s?pass="},
                                     {"src/index.m3u8", "URI=\"1.0.m4s?pass="},
                                     {"src/index.m3u8", "TYPE=PART,URI=\"1.1.m4s?pass="}};
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autofree char *path = g_strdup_printf("/media/" TITLE "/%s?pass=%s", wanted[i][0], pass);
        answer a = ask(s->net, "GET", path, NULL, NULL);
        g_autofree char *text = g_strconcat(wanted[i][1], pass, NULL);
        assert_has(a.body, text);
        expect(a, 200, "Cache-Control: no-store", NULL);
    }
    g_autofree char *path = g_strdup_printf("/media/" TITLE "/src/0.0.m4s?pass=%s", pass);
    expect(ask(s->net, "GET", path, NULL, NULL), 200, NULL, "aaaa");
    stop(s);
}

/* ---- playlists ---- */

static char *inflated(const answer *a)
{
    char *out = g_malloc0(100000);
    z_stream z = {.next_in = (Bytef *)a->body,
                  .avail_in = a->length,
                  .next_out = (Bytef *)out,
                  .avail_out = 99999};
    g_assert_cmpint(inflateInit2(&z, 15 + 16), ==, Z_OK);
    g_assert_cmpint(inflate(&z, Z_FINISH), ==, Z_STREAM_END);
    inflateEnd(&z);
    return out;
}

static void playlists_come_fresh_and_small(void)
{
    stage *s = start();
    answer plain = get(s, "src/index.m3u8");
    assert_has(plain.head, "Content-Type: application/vnd.apple.mpegurl\r\n");
    assert_has(plain.head, "Cache-Control: no-cache\r\n");
    assert_has(plain.head, "Vary: Accept-Encoding, Cookie\r\n");
    answer small = get_as(s, 7, "GET", "src/index.m3u8", "Accept-Encoding: br, gzip\r\n");
    assert_has(small.head, "Content-Encoding: gzip\r\n");
    g_assert_cmpuint(small.length, <, plain.length);
    g_autofree char *text = inflated(&small);
    g_assert_cmpstr(text, ==, plain.body);
    answer_clear(&small);
    answer_clear(&plain);
    answer not_so = get_as(s, 7, "GET", "src/index.m3u8", "Accept-Encoding: gzip;q=0\r\n");
    g_assert_null(strstr(not_so.head, "Content-Encoding"));
    answer_clear(&not_so);
    expect(get(s, "main.m3u8"), 200, "no-cache", NULL);
    expect(get(s, "src/dvr.m3u8"), 200, "no-cache", NULL);
    expect(get_as(s, 7, "HEAD", "main.m3u8", NULL), 200, "Content-Length: ", "");
    stop(s);
}

static void what_is_not_there_is_404_and_what_is_no_number_400(void)
{
    stage *s = start();
    const char *missing[] = {"",           "main.m3u",      "src",           "src/",
                             "src/1.m4s",  "src/x/0.m4s",   "4k/index.m3u8", "journal",
                             "src/0.m4s/", "src/init-1.mp4"};
    for (guint i = 0; i < G_N_ELEMENTS(missing); i++)
        expect(get(s, missing[i]), 404, "problem+json", NULL);
    const char *wrong[] = {
        "src/index.m3u8?_HLS_msn=-1", "src/index.m3u8?_HLS_msn=x",
        "src/index.m3u8?_HLS_part=1", "src/index.m3u8?_HLS_msn=1&_HLS_part=",
        "src/index.m3u8?_HLS_msn=99", "src/index.m3u8?_HLS_msn=99999999999999999999"};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        expect(get(s, wrong[i]), 400, "problem+json", NULL);
    stop(s);
}

typedef struct {
    stage *stage;
    const char *file;
    answer answer;
    GThread *thread;
} waiting;

static gpointer ask_and_wait(gpointer data)
{
    waiting *w = data;
    w->answer = get(w->stage, w->file);
    return NULL;
}

static void ring(gpointer data)
{
    shelf_ring(((stage *)data)->shelf, TITLE);
}

static void news(stage *s, const char *lines)
{
    append_to(s, "journal", lines);
    net_post(s->net, ring, s);
    settle(s->net);
}

static void a_blocked_playlist_comes_with_its_part_and_may_be_kept(void)
{
    stage *s = start();
    expect(get(s, "src/index.m3u8?_HLS_msn=0"), 200, "Cache-Control: private, max-age=12\r\n",
           NULL);
    waiting w[] = {{.stage = s, .file = "src/index.m3u8?_HLS_msn=1&_HLS_part=0&_HLS_skip=YES"},
                   {.stage = s, .file = "src/1.0.m4s"},
                   {.stage = s, .file = "src/dvr.m3u8?_HLS_msn=1&_HLS_part=0"}};
    for (guint i = 0; i < G_N_ELEMENTS(w); i++)
        w[i].thread = g_thread_new("viewer", ask_and_wait, &w[i]);
    g_usleep(200000);
    append_to(s, "src/1.m4s", "dddd");
    news(s, "part src 1 0 0 4 90000 30000 1\n");
    for (guint i = 0; i < G_N_ELEMENTS(w); i++)
        g_thread_join(w[i].thread);
    assert_has(w[0].answer.body, "\"1.0.m4s\"");
    expect(w[0].answer, 200, "max-age=12", NULL);
    expect(w[1].answer, 200, "immutable", "dddd");
    assert_has(w[2].answer.body, "#EXT-X-PLAYLIST-TYPE:EVENT");
    expect(w[2].answer, 200, NULL, NULL);
    stop(s);
}

static void what_never_comes_is_503_and_a_leaver_is_forgotten(void)
{
    stage *s = start();
    waiting w = {.stage = s, .file = "src/index.m3u8?_HLS_msn=1"};
    w.thread = g_thread_new("viewer", ask_and_wait, &w);
    g_usleep(200000);
    clock_advance_ms(s->clock, 6001);
    g_thread_join(w.thread);
    expect(w.answer, 503, "Retry-After: 1", NULL);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(net_port(s->net)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof to), ==, 0);
    g_autofree char *pass = pass_for(s, 7, TITLE, 1700000100000);
    g_autofree char *text =
        g_strdup_printf("GET /media/" TITLE "/src/index.m3u8?_HLS_msn=1 HTTP/1.1\r\nHost: x\r\n"
                        "Cookie: jt_pass=%s\r\n\r\n",
                        pass);
    g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), >, 0);
    g_usleep(100000);
    close(fd);
    g_usleep(100000);
    news(s, "part src 1 0 0 4 90000 30000 1\nsegment src 1 90000 30000 4\n");
    expect(get(s, "src/index.m3u8"), 200, NULL, NULL);
    stop(s);
}

/* ---- captions ---- */

#define CAPTIONS                                                                                   \
    "jiangtang captions 1\nlabel 中文\noffset 500\ncues 1\n\nWEBVTT\n\n00:00:00.100 --> "        \
    "00:00:00.300\n焊\n\n"
#define PIECE                                                                                      \
    "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:90000\n\n00:00:10.600 --> 00:00:10.800\n"   \
    "焊\n\n"

static void captions_are_a_rendition_with_the_rules_of_the_others(void)
{
    stage *s = start();
    append_to(s, "captions/zh", CAPTIONS);
    append_to(s, "journal", "end 90000\n");
    g_autofree char *pass = pass_for(s, 7, TITLE, 1700000100000);
    g_autofree char *main = g_strdup_printf("/media/" TITLE "/main.m3u8?pass=%s", pass);
    g_autofree char *list =
        g_strdup_printf("/media/" TITLE "/captions/zh/index.m3u8?pass=%s", pass);
    g_autofree char *uri = g_strdup_printf(",URI=\"captions/zh/index.m3u8?pass=%s\"", pass);
    g_autofree char *piece = g_strdup_printf("\n0.vtt?pass=%s\n", pass);
    answer a = ask(s->net, "GET", main, NULL, NULL), b = ask(s->net, "GET", list, NULL, NULL);
    assert_has(a.body, uri);
    assert_has(b.body, piece);
    expect(a, 200, "no-store", NULL);
    expect(b, 200, "no-store", NULL);
    answer plain = get(s, "captions/zh/index.m3u8");
    assert_has(plain.head, "Content-Type: application/vnd.apple.mpegurl\r\n");
    assert_has(plain.head, "Vary: Accept-Encoding, Cookie\r\n");
    expect(plain, 200, "Cache-Control: no-cache\r\n", NULL);
    answer small = get_as(s, 7, "GET", "captions/zh/index.m3u8", "Accept-Encoding: gzip\r\n");
    expect(small, 200, "Content-Encoding: gzip\r\n", NULL);
    expect(get(s, "captions/zh/0.vtt"), 200, "Content-Type: text/vtt; charset=utf-8\r\n", PIECE);
    expect(get(s, "captions/zh/0.vtt"), 200, "Cache-Control: private, no-cache\r\n", NULL);
    expect(get(s, "captions/zh.vtt"), 200, NULL, NULL);
    stop(s);
}

static void captions_need_a_pass_and_what_is_none_of_them_is_404(void)
{
    stage *s = start();
    append_to(s, "captions/zh", CAPTIONS);
    append_to(s, "journal", "end 90000\n");
    const char *const closed[] = {"captions/zh/index.m3u8", "captions/zh/0.vtt"};
    for (guint i = 0; i < G_N_ELEMENTS(closed); i++) {
        g_autofree char *path = g_strconcat("/media/" TITLE "/", closed[i], NULL);
        expect(ask(s->net, "GET", path, NULL, NULL), 401, "problem+json", NULL);
    }
    const char *const missing[] = {
        "captions/zh/1.vtt",    "captions/zh/-1.vtt",  "captions/zh/.vtt",
        "captions/zh/0x.vtt",   "captions/zh/0/0.vtt", "captions/en/0.vtt",
        "captions/.vtt",        "captions/index.m3u8", "captions/en/index.m3u8",
        "captions/zh/dvr.m3u8", "captions/zh/0.m4s",   "captions/index.m3u8.vtt"};
    for (guint i = 0; i < G_N_ELEMENTS(missing); i++)
        expect(get(s, missing[i]), 404, "problem+json", NULL);
    stop(s);
}

/* ---- bytes ---- */

typedef struct {
    const char *range;
    int status;
    const char *content_range, *body, *delivered;
} range_case;

static void take(gpointer data)
{
    stage *s = data;
    s->taken = shelf_take_delivered(s->shelf);
}

static void expect_delivered(stage *s, const char *spans)
{
    g_autoptr(GString) text = g_string_new(NULL);
    settle(s->net);
    net_post(s->net, take, s);
    settle(s->net);
    for (guint i = 0; i < s->taken->len; i++) {
        const shelf_delivery *d = &g_array_index(s->taken, shelf_delivery, i);
        g_assert_cmpint(d->person, ==, 7);
        g_assert_cmpstr(d->title_id, ==, TITLE);
        g_string_append_printf(text, "%s%d-%d", i ? " " : "", (int)d->from_ms, (int)d->to_ms);
    }
    g_array_unref(s->taken);
    g_assert_cmpstr(text->str, ==, spans);
}

static void ranges_give_their_bytes_and_count_whole_parts(void)
{
    static const range_case cases[] = {
        {"bytes=0-", 206, "bytes 0-11/12", "aaaabbbbbbcc", "0-1000"},
        {"bytes=0-3", 206, "bytes 0-3/12", "aaaa", "0-333"},
        {"bytes=1-9", 206, "bytes 1-9/12", "aaabbbbbb", "333-666"},
        {"bytes=4-5", 206, "bytes 4-5/12", "bb", ""},
        {"bytes=10-99", 206, "bytes 10-11/12", "cc", "666-1000"},
        {"bytes=-2", 206, "bytes 10-11/12", "cc", "666-1000"},
        {"bytes=-99", 206, "bytes 0-11/12", "aaaabbbbbbcc", "0-1000"},
        {"bytes=12-", 416, "bytes */12", "", ""},
        {"bytes=-0", 416, "bytes */12", "", ""},
        {"bytes=3-1", 200, NULL, "aaaabbbbbbcc", "0-1000"},
        {"bytes=0-1,4-5", 200, NULL, "aaaabbbbbbcc", "0-1000"},
        {"bytes=x-1", 200, NULL, "aaaabbbbbbcc", "0-1000"},
        {"bytes=-", 200, NULL, "aaaabbbbbbcc", "0-1000"},
        {"bytes=1-2-3", 200, NULL, "aaaabbbbbbcc", "0-1000"},
        {"lines=0-1", 200, NULL, "aaaabbbbbbcc", "0-1000"},
    };
    stage *s = start();
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = g_strdup_printf("Range: %s\r\n", cases[i].range);
        answer a = get_as(s, 7, "GET", "src/0.m4s", line);
        g_autofree char *range = header(&a, "Content-Range");
        g_assert_cmpstr(range, ==, cases[i].content_range);
        expect(a, cases[i].status, NULL, cases[i].body);
        expect_delivered(s, cases[i].delivered);
    }
    expect(get_as(s, 7, "GET", "src/0.m4s", "Range: bytes=0-3\r\nIf-Range: \"x\"\r\n"), 200, NULL,
           "aaaabbbbbbcc");
    stop(s);
}

static void parts_add_up_and_nobody_earns_by_heads_inits_or_as_a_guest(void)
{
    stage *s = start();
    expect(get(s, "src/0.0.m4s"), 200, "Cache-Control: private, max-age=31536000, immutable\r\n",
           "aaaa");
    expect(get(s, "src/0.1.m4s"), 200, "Accept-Ranges: bytes\r\n", "bbbbbb");
    expect_delivered(s, "0-666");
    expect(get_as(s, 7, "HEAD", "src/0.m4s", NULL), 200, "Content-Length: 12\r\n", "");
    expect(get(s, "src/init-0.mp4"), 200, "Content-Type: video/mp4\r\n", "INIT");
    expect(get_as(s, 0, "GET", "src/0.m4s", NULL), 200, NULL, "aaaabbbbbbcc");
    expect(get_as(s, 7, "GET", "src/0.0.m4s", "Range: bytes=1-\r\n"), 206, NULL, "aaa");
    expect_delivered(s, "");
    stop(s);
}

/* A pass in the query is another address for each person already. */
static void no_learner_is_served_from_anothers_cache(void)
{
    stage *s = start();
    const char *const files[] = {"src/0.m4s", "src/0.0.m4s", "src/init-0.mp4",
                                 "src/index.m3u8?_HLS_msn=0"};
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        answer a = get(s, files[i]);
        g_autofree char *vary = header(&a, "Vary");
        g_assert_nonnull(strstr(vary, "Cookie"));
        expect(a, 200, "max-age=", NULL);
    }
    expect(get_as(s, 7, "GET", "src/0.m4s", "Range: bytes=0-3\r\n"), 206, "Vary: Cookie\r\n", NULL);
    stop(s);
}

/* ---- dress ---- */

static void a_dressed_playlist_is_made_once_and_old_ones_go(void)
{
    dress *d = dress_new();
    g_autoptr(GBytes) text = g_bytes_new_static("#EXTM3U\n", 8);
    g_autoptr(GBytes) one = dress_playlist(d, text, false, 0);
    g_autoptr(GBytes) two = dress_playlist(d, text, false, 0);
    g_autoptr(GBytes) other = dress_playlist(d, text, false, 12);
    g_assert_true(one == two && one != other);
    for (int i = 0; i < DRESS_KEPT_MAX + 10; i++) {
        g_autoptr(GBytes) more = g_bytes_new_take(g_strdup_printf("#%d", i), 2);
        g_autoptr(GBytes) blob = dress_playlist(d, more, true, 0);
        g_assert_nonnull(blob);
    }
    g_autoptr(GBytes) again = dress_playlist(d, text, false, 0);
    g_assert_true(again != one);
    dress_free(d);
    dress_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/media/" #name, name)
    TEST(only_a_pass_to_this_title_opens_it);
    TEST(a_pass_in_the_query_is_in_every_address_of_the_playlist);
    TEST(playlists_come_fresh_and_small);
    TEST(what_is_not_there_is_404_and_what_is_no_number_400);
    TEST(a_blocked_playlist_comes_with_its_part_and_may_be_kept);
    TEST(what_never_comes_is_503_and_a_leaver_is_forgotten);
    TEST(captions_are_a_rendition_with_the_rules_of_the_others);
    TEST(captions_need_a_pass_and_what_is_none_of_them_is_404);
    TEST(ranges_give_their_bytes_and_count_whole_parts);
    TEST(parts_add_up_and_nobody_earns_by_heads_inits_or_as_a_guest);
    TEST(no_learner_is_served_from_anothers_cache);
    TEST(a_dressed_playlist_is_made_once_and_old_ones_go);
    return g_test_run();
}
