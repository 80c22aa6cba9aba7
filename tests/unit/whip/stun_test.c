#include "ingest/whip/stun.h"

#include "requests.h"

static void the_standards_sample_is_read_and_its_signature_holds(void)
{
    char user[STUN_USER_MAX + 1];
    const gsize size = sizeof sample_request;
    g_assert_cmpint(stun_read(sample_request, size), ==, STUN_REQUEST);
    g_assert_true(stun_user(sample_request, size, user));
    g_assert_cmpstr(user, ==, "evtj");
    g_assert_true(stun_is_signed(sample_request, size, SAMPLE_PASSWORD));
}

static void another_password_or_a_changed_byte_breaks_the_signature(void)
{
    const gsize size = sizeof sample_request, before_fingerprint = size - 8;
    g_assert_false(stun_is_signed(sample_request, size, "VOkJxbRl1RmTxUk/WvJxBu"));
    g_assert_false(stun_is_signed(sample_request, size, ""));
    for (gsize i = 0; i < before_fingerprint; i++) {
        guint8 changed[sizeof sample_request];
        memcpy(changed, sample_request, size);
        changed[i] ^= 0x40;
        g_assert_false(stun_is_signed(changed, size, SAMPLE_PASSWORD));
    }
}

static void media_and_torn_packets_are_no_stun(void)
{
    const guint8 rtp[32] = {0x80, 0x66, 0x12, 0x34};
    const guint8 dtls[32] = {0x16, 0xfe, 0xff};
    g_assert_cmpint(stun_read(rtp, sizeof rtp), ==, STUN_NONE);
    g_assert_cmpint(stun_read(dtls, sizeof dtls), ==, STUN_NONE);
    for (gsize size = 0; size < sizeof sample_request; size++)
        g_assert_cmpint(stun_read(sample_request, size), ==, STUN_NONE);
}

static void a_name_without_two_halves_is_none(void)
{
    char user[STUN_USER_MAX + 1];
    guint8 packet[512];
    static const char *const names[] = {"evtj", ":h6vY", "", "\x01"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gsize size = make_request(packet, names[i], "password");
        g_assert_cmpint(stun_read(packet, size), ==, STUN_REQUEST);
        g_assert_false(stun_user(packet, size, user));
    }
}

static void lengths_that_lie_are_refused(void)
{
    char user[STUN_USER_MAX + 1];
    guint8 packet[512];
    gsize size = make_request(packet, "us:them", "password");
    packet[22] = 0xff; /* the name claims 65,000 bytes */
    g_assert_false(stun_user(packet, size, user));
    g_assert_false(stun_is_signed(packet, size, "password"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/stun/" #name, name)
    TEST(the_standards_sample_is_read_and_its_signature_holds);
    TEST(another_password_or_a_changed_byte_breaks_the_signature);
    TEST(media_and_torn_packets_are_no_stun);
    TEST(a_name_without_two_halves_is_none);
    TEST(lengths_that_lie_are_refused);
    return g_test_run();
}
