#include "house.h"

/* ---- a publisher made by hand ---- */

typedef struct {
    ingest_publisher is; /* first */
    bool accepted, paused, closed;
    char *closed_why;
    const char *refused;
} hand_made;

static void on_pause(ingest_publisher *publisher, bool paused)
{
    ((hand_made *)publisher)->paused = paused;
}

static void on_close(ingest_publisher *publisher, const char *why)
{
    hand_made *p = (hand_made *)publisher;
    p->closed = true;
    g_free(p->closed_why);
    p->closed_why = g_strdup(why);
}

static const char *peer(const ingest_publisher *publisher)
{
    (void)publisher;
    return "192.0.2.1 test";
}

static hand_made publisher_new(void)
{
    return (hand_made){
        .is = {.pause = on_pause, .close = on_close, .peer = peer, .protocol = "rtmp"}};
}

static void publish(house *h, hand_made *p, const char *key)
{
    const ingest_ops *table = live_ingest(h->live);
    p->accepted = table->on_publish(table->user, &p->is, key, &p->refused);
}

static void give_tracks(house *h, hand_made *p)
{
    static const uint8_t avcc[] = {1, 100, 0, 31, 0xff, 0xe0, 0}, asc[] = {0x12, 0x10};
    const ingest_ops *table = live_ingest(h->live);
    table->on_track(table->user, &p->is, WIRE_VIDEO, WIRE_CODEC_H264, avcc, sizeof avcc);
    table->on_track(table->user, &p->is, WIRE_AUDIO, WIRE_CODEC_AAC, asc, sizeof asc);
}

static void leave(house *h, hand_made *p)
{
    const ingest_ops *table = live_ingest(h->live);
    table->on_gone(table->user, &p->is, true, "it said goodbye");
}

static void publisher_end(hand_made *p)
{
    g_free(p->closed_why);
}

/* A house whose worker is `words` of shell, with one class. */
static void house_of(house *h, const char *words, int64_t planned_in_ms)
{
    *h = (house){0};
    g_autofree char *worker = house_script(h, words);
    house_open(h, worker);
    house_make_class(h, planned_in_ms ? clock_utc_ms(h->clock) + planned_in_ms : 0, false);
}

static void house_end(house *h)
{
    house_close(h);
    house_remove(h);
}

static void an_unknown_key_is_refused(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    publish(&h, &p, "k5vz3qhd7mnx2ap6wtyl4sgf3rcebu7j");
    g_assert_false(p.accepted);
    g_assert_cmpstr(p.refused, ==, "bad key");
    publish(&h, &p, "");
    g_assert_false(p.accepted);
    house_end(&h);
}

static void the_right_key_is_taken_and_its_publisher_shown(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    publish(&h, &p, h.made.key);
    g_assert_true(p.accepted);
    g_assert_false(p.paused);
    g_assert_cmpstr(house_class(&h)->publisher, ==, "rtmp 192.0.2.1 test");
    leave(&h, &p);
    g_assert_cmpstr(house_class(&h)->publisher, ==, "");
    g_assert_true(house_is(&h, CLASS_WAITING));
    house_end(&h);
}

static void a_planned_class_waits_once_its_publisher_comes(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 3600000);
    hand_made p = publisher_new();
    g_assert_true(house_is(&h, CLASS_PLANNED));
    publish(&h, &p, h.made.key);
    g_assert_true(house_is(&h, CLASS_WAITING));
    g_assert_cmpstr(h.moves->str, ==, "waiting ");
    leave(&h, &p);
    house_end(&h);
}

static void a_second_publisher_takes_over(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made one = publisher_new(), two = publisher_new();
    publish(&h, &one, h.made.key);
    publish(&h, &two, h.made.key);
    g_assert_true(two.accepted);
    g_assert_true(one.closed);
    g_assert_nonnull(strstr(one.closed_why, "took over"));
    leave(&h, &one); /* its going is no news any more */
    g_assert_cmpstr(house_class(&h)->publisher, ==, "rtmp 192.0.2.1 test");
    leave(&h, &two);
    publisher_end(&one);
    house_end(&h);
}

static void a_class_that_never_began_closes_at_once(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    g_autoptr(GError) error = NULL;
    publish(&h, &p, h.made.key);
    g_assert_true(live_close(h.live, h.made.id, &error));
    g_assert_true(p.closed);
    g_assert_null(house_class(&h));
    g_assert_cmpstr(h.moves->str, ==, "closing closed ");
    publish(&h, &p, h.made.key);
    g_assert_false(p.accepted);
    g_assert_false(live_close(h.live, h.made.id, &error));
    g_assert_true(error_is(error, ERROR_MISSING));
    publisher_end(&p);
    house_end(&h);
}

static void a_new_key_voids_the_old_one(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    publish(&h, &p, h.made.key);
    const live_class *is = live_new_keys(h.live, h.made.id, NULL);
    g_assert_true(p.closed);
    g_assert_cmpstr(is->key, !=, h.made.key);
    g_assert_cmpstr(is->backup_key, !=, h.made.backup_key);
    publish(&h, &p, h.made.key);
    g_assert_false(p.accepted);
    publish(&h, &p, h.made.backup_key);
    g_assert_false(p.accepted);
    publish(&h, &p, is->key);
    g_assert_true(p.accepted);
    leave(&h, &p);
    publisher_end(&p);
    house_end(&h);
}

static void who_may_not_sign_in_may_not_publish_either(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    publish(&h, &p, h.made.key);
    live_bar(h.live, h.made.master + 1);
    g_assert_false(p.closed);
    live_bar(h.live, h.made.master);
    g_assert_true(p.closed);
    publish(&h, &p, h.made.key);
    g_assert_false(p.accepted);
    publish(&h, &p, h.made.backup_key);
    g_assert_false(p.accepted);
    publisher_end(&p);
    house_end(&h);
}

static void with_the_backup_key_one_stands_by_and_follows_at_once(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made main_one = publisher_new(), backup = publisher_new(), again = publisher_new();
    publish(&h, &main_one, h.made.key);
    publish(&h, &backup, h.made.backup_key);
    g_assert_true(main_one.accepted && backup.accepted);
    g_assert_false(main_one.closed);
    const live_class *is = live_find(h.live, h.made.id);
    g_assert_false(is->on_backup);
    g_assert_cmpstr(is->standby, ==, "rtmp 192.0.2.1 test");
    leave(&h, &main_one);
    g_assert_true(is->on_backup);
    g_assert_cmpstr(is->publisher, ==, "rtmp 192.0.2.1 test");
    g_assert_cmpstr(is->standby, ==, "");
    publish(&h, &again, h.made.key);
    g_assert_true(is->on_backup);
    g_assert_cmpstr(is->standby, ==, "rtmp 192.0.2.1 test");
    g_assert_false(backup.closed);
    leave(&h, &backup);
    g_assert_false(is->on_backup);
    leave(&h, &again);
    g_assert_cmpstr(is->publisher, ==, "");
    house_end(&h);
}

static void refuse(house *h, hand_made *p, const char *sentence)
{
    const ingest_ops *table = live_ingest(h->live);
    table->on_refused(table->user, &p->is, sentence);
}

static void who_stands_by_and_is_refused_does_not_speak_for_who_is_on_air(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made main_one = publisher_new(), backup = publisher_new();
    publish(&h, &main_one, h.made.key);
    publish(&h, &backup, h.made.backup_key);
    refuse(&h, &backup, "请使用 H.264");
    g_assert_cmpstr(house_class(&h)->trouble, ==, "候补推流 standby: 请使用 H.264");
    refuse(&h, &main_one, "请使用 AAC");
    g_assert_cmpstr(house_class(&h)->trouble, ==, "请使用 AAC");
    leave(&h, &backup);
    leave(&h, &main_one);
    house_end(&h);
}

static void the_same_backup_key_again_takes_only_the_place_beside(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made main_one = publisher_new(), backup = publisher_new(), newer = publisher_new();
    publish(&h, &main_one, h.made.key);
    publish(&h, &backup, h.made.backup_key);
    publish(&h, &newer, h.made.backup_key);
    g_assert_true(backup.closed && newer.accepted);
    g_assert_false(main_one.closed);
    leave(&h, &newer);
    g_assert_cmpstr(live_find(h.live, h.made.id)->standby, ==, "");
    leave(&h, &main_one);
    publisher_end(&backup);
    house_end(&h);
}

/* ---- with the loop ---- */

static bool row_says_closed(house *h)
{
    return house_row(h).state == CLASS_CLOSED;
}

static bool close_it(house *h)
{
    return live_close(h->live, h->made.id, NULL);
}

static void closing_is_recorded(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    static const house_step steps[] = {close_it, row_says_closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpint(house_row(&h).closed_ms, >, 0);
    house_end(&h);
}

static bool give_tracks_once(house *h)
{
    hand_made *p = h->test;
    publish(h, p, h->made.key);
    g_assert_true(p->accepted);
    give_tracks(h, p);
    return true;
}

static bool is_in_trouble(house *h)
{
    return house_class(h)->trouble[0] != '\0';
}

static bool is_failed(house *h)
{
    return house_is(h, CLASS_FAILED);
}

static void a_worker_that_dies_again_and_again_fails_the_class(void)
{
    house h;
    house_of(&h, "exit 3", 0);
    hand_made p = publisher_new();
    h.test = &p;
    static const house_step steps[] = {give_tracks_once, is_in_trouble, is_failed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_true(p.closed);
    g_assert_nonnull(strstr(house_class(&h)->trouble, "exit 3"));
    publish(&h, &p, h.made.key); /* an encoder that comes again at once changes nothing */
    g_assert_false(p.accepted);
    publisher_end(&p);
    house_end(&h);
}

static bool has_worker(house *h)
{
    return crew_count(h->crew) == 1;
}

static bool has_no_worker(house *h)
{
    return crew_count(h->crew) == 0;
}

static void move_script(house *h, const char *from, const char *to)
{
    g_autofree char *is = g_build_filename(h->dir, from, NULL);
    g_autofree char *becomes = g_build_filename(h->dir, to, NULL);
    g_assert_cmpint(g_rename(is, becomes), ==, 0);
}

static bool script_comes_back(house *h)
{
    move_script(h, "gone", "worker.sh");
    return true;
}

static void without_a_worker_to_be_had_a_class_waits_for_one(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    h.test = &p;
    move_script(&h, "worker.sh", "gone");
    static const house_step steps[] = {give_tracks_once, is_in_trouble, script_comes_back,
                                       has_worker};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_false(p.closed);
    g_autoptr(GString) numbers = g_string_new(NULL);
    live_metrics(h.live, numbers);
    g_assert_nonnull(strstr(numbers->str, "\njiangtang_workers_lost_total 0\n"));
    house_end(&h);
    publisher_end(&p); /* the house says goodbye to it */
}

static bool take_over_paused(house *h)
{
    hand_made *p = h->test;
    publish(h, &p[1], h->made.key);
    g_assert_true(p[1].accepted);
    g_assert_true(p[1].paused);
    return true;
}

static bool goes_on(house *h)
{
    return !((hand_made *)h->test)[1].paused;
}

/* The script leaves a moment after its line says anything more than job and tracks. */
static void who_takes_over_is_paused_until_the_old_worker_is_gone(void)
{
    house h;
    house_of(&h, "sleep 1", 0);
    hand_made both[2] = {publisher_new(), publisher_new()};
    h.test = both;
    static const house_step steps[] = {give_tracks_once, has_worker, take_over_paused,
                                       has_no_worker, goes_on};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_true(both[0].closed);
    leave(&h, &both[1]);
    publisher_end(&both[0]);
    house_end(&h);
}

static bool flood(house *h)
{
    static const uint8_t frame[1024 * 1024] = {0};
    hand_made *p = h->test;
    const ingest_ops *table = live_ingest(h->live);
    for (int64_t i = 0; i < 12 && !p->paused; i++)
        table->on_frame(table->user, &p->is, WIRE_VIDEO, i == 0, i * 40, i * 40, frame,
                        sizeof frame);
    return true;
}

static bool is_paused(house *h)
{
    return ((hand_made *)h->test)->paused;
}

static bool is_resumed(house *h)
{
    return !((hand_made *)h->test)->paused;
}

static bool let_it_read(house *h)
{
    g_autofree char *go = g_build_filename(h->dir, "go", NULL);
    return g_file_set_contents(go, "", 0, NULL);
}

static void a_worker_that_does_not_keep_up_pauses_its_publisher(void)
{
    house h;
    house_of(&h, "cd $(dirname $0); while [ ! -e go ]; do sleep 0.05; done; cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    h.test = &p;
    static const house_step steps[] = {give_tracks_once, flood, is_paused, let_it_read, is_resumed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    leave(&h, &p);
    house_end(&h);
}

/* ---- what a worker notices, and what it does not make ---- */

static void house_of_fake_time(house *h, const char *words)
{
    *h = (house){.clock = clock_new_fake(1000, 1700000000000)};
    g_autofree char *worker = house_script(h, words);
    house_open(h, worker);
    house_make_class(h, 0, false);
}

static bool is_told(house *h)
{
    return strcmp(house_class(h)->trouble, "时间戳跳变") == 0;
}

static bool let_it_be_known(house *h)
{
    clock_advance_ms(h->clock, LIVE_NOTE_MS);
    return true;
}

static bool is_told_nothing(house *h)
{
    return house_class(h)->trouble[0] == '\0';
}

static void what_a_worker_noticed_is_told_for_a_while(void)
{
    house h;
    house_of_fake_time(&h, "cat <&3 >/dev/null & cat $(dirname $0)/note >&3; wait");
    g_autofree char *path = g_build_filename(h.dir, "note", NULL);
    g_autoptr(GBytes) note = wire_encode_note(WIRE_NOTE, "时间戳跳变");
    g_assert_true(g_file_set_contents(path, g_bytes_get_data(note, NULL),
                                      (gssize)g_bytes_get_size(note), NULL));
    hand_made p = publisher_new();
    h.test = &p;
    static const house_step steps[] = {give_tracks_once, is_told, let_it_be_known, is_told_nothing};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    publisher_end(&p); /* it was silent too long */
    house_end(&h);
}

static bool publish_both(house *h)
{
    hand_made *p = h->test;
    publish(h, &p[0], h->made.key);
    give_tracks(h, &p[0]);
    publish(h, &p[1], h->made.backup_key);
    give_tracks(h, &p[1]);
    return true;
}

static void send_picture(house *h, hand_made *p)
{
    static const uint8_t frame[16] = {0};
    const ingest_ops *table = live_ingest(h->live);
    table->on_frame(table->user, &p->is, WIRE_VIDEO, true, 0, 0, frame, sizeof frame);
}

/* Both have sent all the time; of the first one the worker made nothing. */
static bool nothing_comes_of_it(house *h)
{
    hand_made *p = h->test;
    for (int64_t ms = 0; ms < LIVE_BARREN_MS; ms += 500) {
        clock_advance_ms(h->clock, 500);
        send_picture(h, &p[0]);
        send_picture(h, &p[1]);
        g_assert_false(house_class(h)->on_backup);
    }
    clock_advance_ms(h->clock, 500);
    send_picture(h, &p[0]);
    send_picture(h, &p[1]);
    return true;
}

/* The main one sends as steadily as before: that does not bring it back. */
static bool it_sends_on(house *h)
{
    hand_made *p = h->test;
    for (int64_t ms = 0; ms <= LIVE_STEADY_MS; ms += 500) {
        clock_advance_ms(h->clock, 500);
        send_picture(h, &p[1]);
        send_picture(h, &p[0]);
        g_assert_true(house_class(h)->on_backup);
    }
    return true;
}

static void who_stands_by_follows_an_encoder_of_which_nothing_comes(void)
{
    house h;
    house_of_fake_time(&h, "sleep 1");
    hand_made both[2] = {publisher_new(), publisher_new()};
    h.test = both;
    static const house_step steps[] = {publish_both, has_worker, nothing_comes_of_it, goes_on,
                                       it_sends_on};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_true(house_class(&h)->on_backup);
    leave(&h, &both[0]);
    leave(&h, &both[1]);
    house_end(&h);
}

/* ---- a publisher that brings a container ---- */

static void give_data(house *h, hand_made *p)
{
    const ingest_ops *table = live_ingest(h->live);
    const ingest_piece piece = {.data = (const uint8_t *)"GGGG", .size = 4};
    table->on_data(table->user, &p->is, &piece);
}

static bool give_data_once(house *h)
{
    give_data(h, h->test);
    return true;
}

static char *read_heard(house *h, gsize *size)
{
    char *text = NULL;
    g_autofree char *path = g_build_filename(h->dir, "heard", NULL);
    return g_file_get_contents(path, &text, size, NULL) ? text : NULL;
}

static bool has_heard_two(house *h)
{
    gsize size = 0;
    g_autofree char *text = read_heard(h, &size);
    return size > 12 && memcmp(text + size - 4, "GGGG", 4) == 0;
}

static void a_container_goes_to_a_worker_that_is_told_so(void)
{
    house h;
    house_of(&h, "cat <&3 >\"${0%/*}/heard\"", 0);
    hand_made p = publisher_new();
    h.test = &p;
    publish(&h, &p, h.made.key);
    static const house_step steps[] = {give_data_once, has_worker, has_heard_two};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    gsize size = 0;
    g_autofree char *text = read_heard(&h, &size);
    wire_reader *reader = wire_reader_new();
    wire_reader_push(reader, (const uint8_t *)text, size);
    const wire_message *message = wire_reader_next(reader, NULL);
    g_assert_cmpint(message->kind, ==, WIRE_JOB);
    g_assert_cmpint(message->job.source, ==, WIRE_SOURCE_TS);
    message = wire_reader_next(reader, NULL);
    g_assert_cmpint(message->kind, ==, WIRE_DATA);
    g_assert_cmpmem(message->data, message->size, "GGGG", 4);
    wire_reader_free(reader);
    leave(&h, &p);
    give_data(&h, &p); /* of a publisher that is gone: nobody's */
    house_end(&h);
}

/* A piece of who stands by: of a keyframe's, or of what follows. */
static void give_standby(house *h, bool entry, const char *data)
{
    const ingest_ops *table = live_ingest(h->live);
    hand_made *both = h->test;
    const ingest_piece piece = {.data = (const uint8_t *)data,
                                .size = strlen(data),
                                .entry = entry,
                                .tables = (const uint8_t *)"TTTT",
                                .tables_size = entry ? 4 : 0};
    table->on_data(table->user, &both[1].is, &piece);
}

/* The main encoder is silent for long enough; the one beside sends on. */
static bool takes_over_at_a_keyframe(house *h)
{
    for (int i = 0; i < 4; i++) {
        clock_advance_ms(h->clock, LIVE_TAKEOVER_MS / 2);
        give_standby(h, false, "middle");
        g_assert_false(house_class(h)->on_backup);
    }
    give_standby(h, true, "keyframe");
    give_standby(h, false, "after");
    g_assert_true(house_class(h)->on_backup);
    return true;
}

static bool next_worker_has_heard_it(house *h)
{
    gsize size = 0;
    g_autofree char *text = read_heard(h, &size);
    return size > 5 && memcmp(text + size - 5, "after", 5) == 0;
}

static bool begin_beside(house *h)
{
    hand_made *both = h->test;
    give_data(h, &both[0]);
    give_standby(h, false, "middle");
    return true;
}

static void a_container_takes_over_at_a_keyframe_with_its_tables(void)
{
    house h;
    house_of_fake_time(&h, "cat <&3 >\"${0%/*}/heard\"");
    hand_made both[2] = {publisher_new(), publisher_new()};
    h.test = both;
    publish(&h, &both[0], h.made.key);
    publish(&h, &both[1], h.made.backup_key);
    static const house_step steps[] = {begin_beside, has_worker, takes_over_at_a_keyframe,
                                       next_worker_has_heard_it};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    gsize size = 0;
    g_autofree char *text = read_heard(&h, &size);
    wire_reader *reader = wire_reader_new();
    wire_reader_push(reader, (const uint8_t *)text, size);
    g_assert_cmpint(wire_reader_next(reader, NULL)->kind, ==, WIRE_JOB);
    static const char *const heard[] = {"TTTT", "keyframe", "after"};
    for (gsize i = 0; i < G_N_ELEMENTS(heard); i++) {
        const wire_message *message = wire_reader_next(reader, NULL);
        g_assert_cmpint(message->kind, ==, WIRE_DATA);
        g_assert_cmpmem(message->data, message->size, heard[i], strlen(heard[i]));
    }
    wire_reader_free(reader);
    leave(&h, &both[0]);
    leave(&h, &both[1]);
    house_end(&h);
}

/* ---- keys, for those who must know them before a publisher is heard ---- */

static bool is_forgotten(house *h)
{
    return !house_class(h);
}

static void keys_are_told_as_they_become_good_and_bad(void)
{
    house h;
    g_autoptr(GError) error = NULL;
    house_of(&h, "cat <&3 >/dev/null", 0);
    const live_class *is = live_new_keys(h.live, h.made.id, &error);
    g_assert_no_error(error);
    live_class second = *is;
    g_assert_true(live_close(h.live, h.made.id, &error));
    static const house_step steps[] = {is_forgotten};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_autofree char *expected = g_strdup_printf(
        "+%s +%s -%s -%s +%s +%s -%s -%s ", h.made.key, h.made.backup_key, h.made.key,
        h.made.backup_key, second.key, second.backup_key, second.key, second.backup_key);
    g_assert_cmpstr(h.keys->str, ==, expected);
    house_end(&h);
}

static bool end_was_refused(house *h)
{
    if (g_atomic_int_get(&house_ends_refused) > 0)
        return false;
    g_assert_true(is_forgotten(h));
    g_assert_cmpint(house_row(h).state, ==, CLASS_CLOSING);
    g_assert_cmpstr(h->ends->str, ==, "");
    return true;
}

static bool end_was_told(house *h)
{
    return h->ends->len > 0;
}

static void a_class_is_closed_with_the_end_of_its_title_or_not_at_all(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    g_atomic_int_set(&house_ends_refused, 1);
    g_assert_true(live_close(h.live, h.made.id, NULL));
    static const house_step steps[] = {end_was_refused, end_was_told};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_cmpint(house_row(&h).state, ==, CLASS_CLOSED);
    g_autofree char *told = g_strdup_printf("%s ", h.made.title_id);
    g_assert_cmpstr(h.ends->str, ==, told);
    house_end(&h);
}

static void tell_health(const ingest_publisher *publisher, ingest_health *health)
{
    (void)publisher;
    *health = (ingest_health){.rtt_ms = 62.5, .lost = 7};
}

static void a_publisher_that_knows_its_way_tells_of_it(void)
{
    house h;
    live_vitals vitals;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    g_assert_false(live_health(h.live, h.made.id, &vitals));
    publish(&h, &p, h.made.key);
    g_assert_true(live_health(h.live, h.made.id, &vitals));
    g_assert_false(vitals.way_known || vitals.media_known);
    p.is.health = tell_health;
    g_assert_true(live_health(h.live, h.made.id, &vitals));
    g_assert_true(vitals.way_known);
    g_assert_cmpuint(vitals.way.lost, ==, 7);
    leave(&h, &p);
    g_assert_false(live_health(h.live, h.made.id, &vitals));
    house_end(&h);
}

/* ---- a new start ---- */

static void set_row(house *h, class_state state)
{
    g_autoptr(GError) error = NULL;
    records *db = house_records(h);
    records_run(db, &error, SQL_CLASS_SAVE, "tttiitt", h->made.id, h->made.key,
                class_state_word(state), (int64_t)1, (int64_t)0, "", h->made.backup_key);
    g_assert_no_error(error);
    records_close(db);
}

static void start_again(house *h)
{
    house_close(h);
    house_open(h, "/nonexistent/worker");
    house_start(h);
}

static void a_class_that_was_on_air_starts_as_interrupted(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    set_row(&h, CLASS_ON_AIR);
    start_again(&h);
    g_assert_true(house_is(&h, CLASS_INTERRUPTED));
    hand_made p = publisher_new();
    publish(&h, &p, h.made.key);
    g_assert_true(p.accepted);
    leave(&h, &p);
    house_end(&h);
}

static bool let_the_window_pass(house *h)
{
    if (!house_is(h, *(const class_state *)h->test))
        return false;
    g_assert_cmpint(house_class(h)->kept_until_ms, ==, clock_utc_ms(h->clock) + LIVE_WINDOW_MS);
    clock_advance_ms(h->clock, LIVE_WINDOW_MS - 1);
    return true;
}

static bool is_still_there(house *h)
{
    g_assert_nonnull(house_class(h));
    clock_advance_ms(h->clock, 1);
    return true;
}

static void assert_ends_alone(class_state left, class_state found)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    set_row(&h, left);
    house_close(&h);
    h.clock = clock_new_fake(1000, 1700000000000);
    h.test = &found;
    house_open(&h, "/nonexistent/worker");
    house_start(&h);
    static const house_step steps[] = {let_the_window_pass, is_still_there, row_says_closed};
    house_run(&h, steps, G_N_ELEMENTS(steps));
    g_assert_true(g_str_has_suffix(h.moves->str, "closing closed "));
    house_end(&h);
}

static void what_nobody_comes_back_to_is_closed_after_the_window(void)
{
    assert_ends_alone(CLASS_ON_AIR, CLASS_INTERRUPTED);
    assert_ends_alone(CLASS_FAILED, CLASS_FAILED);
}

static void a_class_that_was_closing_is_closed_at_the_start(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    set_row(&h, CLASS_CLOSING);
    start_again(&h);
    g_assert_null(house_class(&h));
    g_assert_cmpstr(h.moves->str, ==, "closed ");
    house_end(&h);
}

static void a_closed_class_is_not_loaded(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    set_row(&h, CLASS_CLOSED);
    start_again(&h);
    g_assert_null(house_class(&h));
    house_end(&h);
}

static void after_a_drain_nobody_is_taken(void)
{
    house h;
    house_of(&h, "cat <&3 >/dev/null", 0);
    hand_made p = publisher_new();
    publish(&h, &p, h.made.key);
    live_drain(h.live);
    g_assert_true(p.closed);
    publish(&h, &p, h.made.key);
    g_assert_false(p.accepted);
    publisher_end(&p);
    house_end(&h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/live/" #name, name)
    TEST(an_unknown_key_is_refused);
    TEST(the_right_key_is_taken_and_its_publisher_shown);
    TEST(a_planned_class_waits_once_its_publisher_comes);
    TEST(a_second_publisher_takes_over);
    TEST(a_class_that_never_began_closes_at_once);
    TEST(a_new_key_voids_the_old_one);
    TEST(who_may_not_sign_in_may_not_publish_either);
    TEST(with_the_backup_key_one_stands_by_and_follows_at_once);
    TEST(the_same_backup_key_again_takes_only_the_place_beside);
    TEST(closing_is_recorded);
    TEST(a_worker_that_dies_again_and_again_fails_the_class);
    TEST(without_a_worker_to_be_had_a_class_waits_for_one);
    TEST(who_takes_over_is_paused_until_the_old_worker_is_gone);
    TEST(a_worker_that_does_not_keep_up_pauses_its_publisher);
    TEST(who_stands_by_and_is_refused_does_not_speak_for_who_is_on_air);
    TEST(what_a_worker_noticed_is_told_for_a_while);
    TEST(who_stands_by_follows_an_encoder_of_which_nothing_comes);
    TEST(a_class_that_was_on_air_starts_as_interrupted);
    TEST(a_container_goes_to_a_worker_that_is_told_so);
    TEST(a_container_takes_over_at_a_keyframe_with_its_tables);
    TEST(keys_are_told_as_they_become_good_and_bad);
    TEST(a_class_is_closed_with_the_end_of_its_title_or_not_at_all);
    TEST(a_publisher_that_knows_its_way_tells_of_it);
    TEST(what_nobody_comes_back_to_is_closed_after_the_window);
    TEST(a_class_that_was_closing_is_closed_at_the_start);
    TEST(a_closed_class_is_not_loaded);
    TEST(after_a_drain_nobody_is_taken);
    return g_test_run();
}
