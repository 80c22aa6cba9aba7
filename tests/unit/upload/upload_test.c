/* The records of uploads on a real database: who may begin, how far it is, what becomes of it. */
#include "ground.h"

static GError *refusal(ground *g, const upload_wish *wish, int64_t free_bytes)
{
    upload made;
    GError *error = NULL;
    g_assert_false(upload_create(g->db, g->clock, &g->limits, wish, free_bytes, &made, &error));
    return error;
}

static GError *refusal_of(ground *g, const person *who, int64_t bytes, int64_t free_bytes)
{
    upload_wish wish = wish_of(who, bytes, UPLOAD_SINGLE);
    return refusal(g, &wish, free_bytes);
}

static upload finished_part(ground *g, int64_t bytes)
{
    upload_wish wish = wish_of(&g->wang, bytes, UPLOAD_PARTIAL);
    upload part = ground_create(g, &wish);
    ground_settle(g, &part, bytes);
    return part;
}

static upload_wish final_of(const person *who, const upload *first, const upload *second)
{
    upload_wish wish = wish_of(who, 0, UPLOAD_FINAL);
    wish.part_count = 2;
    g_strlcpy(wish.parts[0], first->id, sizeof wish.parts[0]);
    g_strlcpy(wish.parts[1], second->id, sizeof wish.parts[1]);
    return wish;
}

static void complete(ground *g, const upload *is)
{
    g_autoptr(GError) error = NULL;
    ground_settle(g, is, is->bytes);
    upload_complete(g->db, is->id, "00ff", &error);
    g_assert_no_error(error);
}

static bool take(ground *g, const char *id, GError **error)
{
    return upload_take(g->db, g->clock, &g->limits, id, error);
}

/* ---- may it begin? ---- */

static void an_upload_is_read_as_it_was_made(ground *g, gconstpointer unused)
{
    (void)unused;
    upload_wish wish = wish_of(&g->wang, 5 * GB, UPLOAD_SINGLE);
    strcpy(wish.name, "焊接.mp4");
    strcpy(wish.metadata, "filename 54SK");
    wish.kind = UPLOAD_HANDOUT;
    upload made = ground_create(g, &wish), is = ground_read(g, made.id);
    g_assert_cmpmem(&is, sizeof is, &made, sizeof made);
    g_assert_true(upload_id_ok(is.id));
    g_assert_cmpint(is.expires_ms, ==, 1700000000000 + 72 * HOUR_MS);
}

static void what_is_too_large_is_refused_by_its_first_bound(ground *g, gconstpointer unused)
{
    (void)unused;
    assert_code(refusal_of(g, &g->wang, 10 * GB + 1, 1000 * GB), ERROR_TOO_LARGE,
                "upload_too_large");
    ground_single(g, 10 * GB);
    ground_single(g, 10 * GB);
    assert_code(refusal_of(g, &g->wang, 1, 1000 * GB), ERROR_TOO_LARGE, "quota_person");
    upload_wish wish = wish_of(&g->zhao, 10 * GB, UPLOAD_SINGLE);
    ground_create(g, &wish);
    assert_code(refusal_of(g, &g->zhao, 1, 1000 * GB), ERROR_TOO_LARGE, "quota_house");
}

static void a_handout_has_a_bound_of_its_own(ground *g, gconstpointer unused)
{
    (void)unused;
    g->limits.handout_bytes = 1000;
    upload_wish wish = wish_of(&g->wang, 1001, UPLOAD_SINGLE);
    ground_create(g, &wish);
    wish.kind = UPLOAD_HANDOUT;
    assert_code(refusal(g, &wish, 1000 * GB), ERROR_TOO_LARGE, "handout_too_large");
    upload one = finished_part(g, 600), two = finished_part(g, 401);
    upload_wish final = final_of(&g->wang, &one, &two);
    final.kind = UPLOAD_HANDOUT;
    assert_code(refusal(g, &final, 1000 * GB), ERROR_TOO_LARGE, "handout_too_large");
    wish.bytes = 1000;
    ground_create(g, &wish);
}

/* Its parts lie on the disk: nothing of it is still to come. */
static void a_final_that_is_being_joined_takes_no_room_twice(ground *g, gconstpointer unused)
{
    (void)unused;
    upload one = finished_part(g, 4 * GB), two = finished_part(g, 4 * GB), made;
    upload_wish final = final_of(&g->wang, &one, &two),
                wish = wish_of(&g->zhao, 5 * GB, UPLOAD_SINGLE);
    g_autoptr(GError) error = NULL;
    ground_create(g, &final);
    upload_create(g->db, g->clock, &g->limits, &wish, 7 * GB, &made, &error);
    g_assert_no_error(error);
}

static void what_others_were_promised_is_no_room_of_the_disk(ground *g, gconstpointer unused)
{
    (void)unused;
    upload first = ground_single(g, 8 * GB);
    assert_code(refusal_of(g, &g->zhao, 2 * GB, 10 * GB), ERROR_TOO_LARGE, "disk_reserve");
    ground_settle(g, &first, 7 * GB); /* those bytes are on the disk: it has 3 GB left now */
    upload made;
    upload_wish wish = wish_of(&g->zhao, GB, UPLOAD_SINGLE);
    g_autoptr(GError) error = NULL;
    upload_create(g->db, g->clock, &g->limits, &wish, 3 * GB, &made, &error);
    g_assert_no_error(error);
    assert_code(refusal_of(g, &g->zhao, 1, 3 * GB), ERROR_TOO_LARGE, "disk_reserve");
}

static void what_was_taken_or_ended_counts_no_more(ground *g, gconstpointer unused)
{
    (void)unused;
    upload one = ground_single(g, 10 * GB), two = ground_single(g, 10 * GB);
    g_autoptr(GError) error = NULL;
    complete(g, &one);
    take(g, one.id, &error);
    upload_end(g->db, &two, &error);
    g_assert_no_error(error);
    int64_t used = -1;
    g_assert_true(upload_used(g->db, g->wang.id, &used, &error));
    g_assert_cmpint(used, ==, 0);
}

static void a_person_begins_only_so_many(ground *g, gconstpointer unused)
{
    (void)unused;
    for (int i = 0; i < UPLOAD_OPEN_MAX; i++)
        ground_single(g, 1);
    assert_code(refusal_of(g, &g->wang, 1, 1000 * GB), ERROR_BUSY, "uploads_many");
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) list = upload_list(g->db, g->wang.id, &error);
    g_assert_cmpuint(list->len, ==, UPLOAD_OPEN_MAX);
}

/* ---- how far ---- */

static void an_upload_is_whole_with_its_last_byte_and_never_goes_back(ground *g,
                                                                      gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(g, 1000);
    clock_advance_ms(g->clock, HOUR_MS);
    ground_settle(g, &is, 400);
    upload now = ground_read(g, is.id);
    g_assert_cmpint(now.received, ==, 400);
    g_assert_cmpint(now.state, ==, UPLOAD_OPEN);
    g_assert_cmpint(now.expires_ms, ==, is.expires_ms + HOUR_MS);
    GError *error = NULL;
    g_assert_false(upload_settle(g->db, g->clock, &g->limits, is.id, 399, 1000, &error));
    assert_code(error, ERROR_MISSING, "upload_missing");
    ground_settle(g, &is, 1000);
    g_assert_cmpint(ground_read(g, is.id).state, ==, UPLOAD_WHOLE);
}

static void somebody_elses_upload_is_as_good_as_none(ground *g, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(g, 1000), seen;
    GError *error = NULL;
    g_assert_false(upload_read(g->db, is.id, g->zhao.id, &seen, &error));
    assert_code(error, ERROR_MISSING, "upload_missing");
}

/* ---- what becomes of it ---- */

static void it_is_taken_once_and_saying_so_again_is_fine(ground *g, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(g, 1000);
    GError *error = NULL;
    g_assert_false(take(g, is.id, &error));
    assert_code(error, ERROR_CONFLICT, "upload_unfinished");
    complete(g, &is);
    error = NULL;
    for (int i = 0; i < 2; i++) {
        take(g, is.id, &error);
        g_assert_no_error(error);
    }
    take(g, "aaaaaaaaaaaa", &error); /* its row's time is over */
    g_assert_no_error(error);
    is = ground_read(g, is.id);
    g_assert_cmpint(is.state, ==, UPLOAD_TAKEN);
    g_assert_cmpstr(is.sha256, ==, "00ff");
}

static void a_complete_upload_is_not_ended_here(ground *g, gconstpointer unused)
{
    (void)unused;
    upload is = ground_single(g, 1000);
    complete(g, &is);
    is = ground_read(g, is.id);
    GError *error = NULL;
    g_assert_false(upload_end(g->db, &is, &error));
    assert_code(error, ERROR_CONFLICT, "upload_complete");
}

static void what_nobody_goes_on_with_is_forgotten_in_its_time(ground *g, gconstpointer unused)
{
    (void)unused;
    upload old = ground_single(g, 1000), part = finished_part(g, 10), done = ground_single(g, 1),
           taken = ground_single(g, 1);
    g_autoptr(GError) error = NULL;
    complete(g, &done);
    complete(g, &taken);
    take(g, taken.id, &error);
    clock_advance_ms(g->clock, 71 * HOUR_MS);
    upload young = ground_single(g, 1000);
    g_autoptr(GPtrArray) none = upload_expire(g->db, g->clock, 64, &error);
    g_assert_cmpuint(none->len, ==, 0);
    clock_advance_ms(g->clock, 2 * HOUR_MS);
    g_autoptr(GPtrArray) files = upload_expire(g->db, g->clock, 64, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(files->len, ==, 2);
    g_assert_false(ground_knows(g, old.id));
    g_assert_false(ground_knows(g, part.id));
    g_assert_false(ground_knows(g, taken.id)); /* its row; the file is somebody's */
    g_assert_true(ground_knows(g, done.id));   /* a fact until it is taken */
    g_assert_true(ground_knows(g, young.id));
}

/* ---- parts ---- */

static void a_final_takes_its_parts_in_order_and_has_their_size(ground *g, gconstpointer unused)
{
    (void)unused;
    upload first = finished_part(g, 10), second = finished_part(g, 20);
    upload_wish wish = final_of(&g->wang, &second, &first);
    upload final = ground_create(g, &wish);
    upload is = ground_read(g, final.id);
    g_assert_cmpint(is.bytes, ==, 30);
    g_assert_cmpuint(is.part_count, ==, 2);
    g_assert_cmpstr(is.parts[0].id, ==, second.id);
    g_assert_cmpint(is.parts[0].bytes, ==, 20);
    g_assert_cmpstr(ground_read(g, first.id).into, ==, final.id);
    int64_t used = 0;
    g_autoptr(GError) error = NULL;
    g_assert_true(upload_used(g->db, g->wang.id, &used, &error));
    g_assert_cmpint(used, ==, 30); /* once, not twice */
    g_assert_cmpstr(ground_create(g, &wish).id, ==,
                    final.id); /* who missed the answer asks again */
}

/* A client that lost the answer asks again, and the file may be in use by then. */
static void the_same_parts_give_the_final_there_is_until_its_row_expires(ground *g,
                                                                         gconstpointer unused)
{
    (void)unused;
    upload one = finished_part(g, 600), two = finished_part(g, 400);
    upload_wish wish = final_of(&g->wang, &one, &two), turned = final_of(&g->wang, &two, &one);
    upload made = ground_create(g, &wish);
    g_autoptr(GError) error = NULL;
    g_assert_cmpstr(ground_create(g, &wish).id, ==, made.id);
    upload_eaten(g->db, one.id, &error);
    upload_eaten(g->db, two.id, &error);
    complete(g, &made);
    take(g, made.id, &error);
    g_assert_no_error(error);
    upload again = ground_create(g, &wish);
    g_assert_cmpstr(again.id, ==, made.id);
    g_assert_cmpint(again.state, ==, UPLOAD_TAKEN);
    assert_code(refusal(g, &turned, 1000 * GB), ERROR_MISSING, "upload_missing");
    clock_advance_ms(g->clock, 73 * HOUR_MS);
    g_autoptr(GPtrArray) over = upload_expire(g->db, g->clock, 10, &error);
    g_assert_nonnull(over);
    assert_code(refusal(g, &wish, 1000 * GB), ERROR_MISSING, "upload_missing");
}

static void a_final_is_refused_with_parts_that_are_not_whole_free_and_its_own(ground *g,
                                                                              gconstpointer unused)
{
    (void)unused;
    upload first = finished_part(g, 10), single = ground_single(g, 10);
    upload_wish open_wish = wish_of(&g->wang, 5, UPLOAD_PARTIAL);
    upload open = ground_create(g, &open_wish);
    ground_settle(g, &single, 10);
    const upload *wrong[] = {&open, &single};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        upload_wish wish = final_of(&g->wang, &first, wrong[i]);
        records_begin(g->db, NULL);
        assert_code(refusal(g, &wish, 1000 * GB), ERROR_CONFLICT, "part_unfinished");
        records_rollback(g->db);
    }
}

static void a_part_named_twice_or_of_somebody_else_is_refused(ground *g, gconstpointer unused)
{
    (void)unused;
    upload first = finished_part(g, 10), second = finished_part(g, 10);
    upload_wish twice = final_of(&g->wang, &first, &first);
    records_begin(g->db, NULL);
    assert_code(refusal(g, &twice, 1000 * GB), ERROR_CONFLICT, "part_joined");
    records_rollback(g->db);
    upload_wish strange = final_of(&g->zhao, &first, &second);
    records_begin(g->db, NULL);
    assert_code(refusal(g, &strange, 1000 * GB), ERROR_MISSING, "upload_missing");
    records_rollback(g->db);
    g_assert_cmpstr(ground_read(g, first.id).into, ==, "");
}

static void ending_a_final_frees_its_parts_and_a_part_in_use_is_not_ended(ground *g,
                                                                          gconstpointer unused)
{
    (void)unused;
    upload first = finished_part(g, 10), second = finished_part(g, 20);
    upload_wish wish = final_of(&g->wang, &first, &second);
    upload final = ground_create(g, &wish);
    GError *error = NULL;
    first = ground_read(g, first.id);
    g_assert_false(upload_end(g->db, &first, &error));
    assert_code(error, ERROR_CONFLICT, "part_joined");
    error = NULL;
    g_assert_true(upload_end(g->db, &final, &error));
    first = ground_read(g, first.id);
    g_assert_cmpstr(first.into, ==, "");
    g_assert_true(upload_end(g->db, &first, &error));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) GROUND_TEST("/upload/", name)
    TEST(an_upload_is_read_as_it_was_made);
    TEST(what_is_too_large_is_refused_by_its_first_bound);
    TEST(a_handout_has_a_bound_of_its_own);
    TEST(a_final_that_is_being_joined_takes_no_room_twice);
    TEST(what_others_were_promised_is_no_room_of_the_disk);
    TEST(what_was_taken_or_ended_counts_no_more);
    TEST(a_person_begins_only_so_many);
    TEST(an_upload_is_whole_with_its_last_byte_and_never_goes_back);
    TEST(somebody_elses_upload_is_as_good_as_none);
    TEST(it_is_taken_once_and_saying_so_again_is_fine);
    TEST(a_complete_upload_is_not_ended_here);
    TEST(what_nobody_goes_on_with_is_forgotten_in_its_time);
    TEST(a_final_takes_its_parts_in_order_and_has_their_size);
    TEST(the_same_parts_give_the_final_there_is_until_its_row_expires);
    TEST(a_final_is_refused_with_parts_that_are_not_whole_free_and_its_own);
    TEST(a_part_named_twice_or_of_somebody_else_is_refused);
    TEST(ending_a_final_frees_its_parts_and_a_part_in_use_is_not_ended);
    return g_test_run();
}
