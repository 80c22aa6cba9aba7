#include "ingest/whip/sdp.h"

#include <string.h>

#include "offers.h"

static sdp_offer read_good(const char *text)
{
    sdp_offer offer;
    g_autoptr(GError) error = NULL;
    g_assert_true(sdp_read_offer(text, strlen(text), &offer, &error));
    g_assert_no_error(error);
    return offer;
}

static void refused(const char *text, const char *code, const char *word)
{
    sdp_offer offer;
    g_autoptr(GError) error = NULL;
    g_assert_false(sdp_read_offer(text, strlen(text), &offer, &error));
    g_assert_true(error_is(error, ERROR_INPUT));
    g_assert_cmpstr(error_code(error), ==, code);
    g_assert_nonnull(strstr(error->message, word));
}

/* The offer with the first `from` in it replaced. */
static char *with(const char *from, const char *to)
{
    const char *at = strstr(OFFER, from);
    g_assert_nonnull(at);
    return g_strdup_printf("%.*s%s%s", (int)(at - OFFER), OFFER, to, at + strlen(from));
}

static void refused_with(const char *from, const char *to, const char *code, const char *word)
{
    g_autofree char *text = with(from, to);
    refused(text, code, word);
}

static void a_browsers_offer_gives_its_facts(void)
{
    sdp_offer offer = read_good(OFFER);
    const sdp_track *picture = &offer.track[0], *sound = &offer.track[1];
    g_assert_cmpuint(offer.first, ==, 1);
    g_assert_cmpstr(offer.ufrag, ==, "ZXOe");
    g_assert_cmpstr(offer.password, ==, "NX1Hxw4rcJaI4exnU/GtfUpa");
    g_assert_true(g_str_has_prefix(offer.fingerprint, "sha-256 A6:72:"));
    g_assert_cmpuint(picture->payload, ==, 102); /* packetization-mode 1, not the first H.264 */
    g_assert_cmpuint(picture->repair, ==, 103);
    g_assert_cmpuint(picture->transport_cc, ==, 3);
    g_assert_true(picture->paired);
    g_assert_cmpuint(picture->pair[1], ==, 444555666);
    g_assert_cmpuint(sound->payload, ==, 111);
    g_assert_cmpuint(sound->repair, ==, 0);
    g_assert_cmpstr(sound->mid, ==, "0");
}

static void what_is_written_has_the_facts_and_no_word_of_a_stranger(void)
{
    sdp_offer offer = read_good(OFFER);
    g_autofree char *text = sdp_write_offer(&offer);
    static const char *const strange[] = {"bHPak", "192.0.2", "secret-name", "VP8", "074d19fd"};
    for (gsize i = 0; i < G_N_ELEMENTS(strange); i++)
        g_assert_null(strstr(text, strange[i]));
    sdp_offer again = read_good(text);
    g_assert_cmpmem(&again, sizeof again, &offer, sizeof offer);
}

static void sound_alone_and_picture_alone_are_offers(void)
{
    sdp_offer offer = read_good(OFFER_HEAD OFFER_SOUND);
    g_assert_false(offer.track[0].there);
    offer = read_good(OFFER_HEAD OFFER_PICTURE);
    g_assert_false(offer.track[1].there);
    g_assert_cmpuint(offer.first, ==, 0);
}

static void other_codecs_are_refused_with_what_to_send(void)
{
    refused(OFFER_HEAD OFFER_SOUND PICTURE_HEAD "a=sendonly\r\n", "sdp_codec", "H.264");
    refused_with("opus/48000/2", "pcmu/8000/1", "sdp_codec", "Opus");
    refused_with("packetization-mode=1", "packetization-mode=2", "sdp_codec", "H.264");
}

static void other_tracks_are_refused(void)
{
    refused(OFFER OFFER_PICTURE, "sdp_tracks", "not several");
    refused(OFFER "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", "sdp_tracks",
            "no data channel");
    refused_with("a=sendonly", "a=recvonly", "sdp_tracks", "sendonly");
    refused_with("a=sendonly", "a=simulcast:send h;l", "sdp_tracks", "once");
    refused(OFFER_HEAD OFFER_SECRETS, "sdp_tracks", "neither");
}

static void what_is_no_webrtc_offer_is_refused(void)
{
    refused("", "sdp_broken", "empty");
    refused("hello", "sdp_broken", "x=");
    refused("o=- 1 1\r\nv=0\r\n", "sdp_broken", "v=0");
    refused_with("s=-", "s=\x01", "sdp_broken", "control");
    refused_with("UDP/TLS/RTP/SAVPF", "RTP/AVP", "sdp_broken", "SAVPF");
    refused_with("a=rtcp-mux\r\n", "", "sdp_broken", "rtcp-mux");
    refused_with("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "sdp_broken", "bundle");
    refused_with("a=mid:1", "a=mid:0", "sdp_broken", "same name");
    refused_with("a=mid:1", "a=mid:1 2", "sdp_broken", "mid");
    refused_with("a=ice-ufrag:ZXOe", "a=ice-ufrag:ZXOf", "sdp_broken", "one bundle");
    refused_with("a=ice-ufrag:ZXOe", "a=ice-ufrag:Z\"Oe", "sdp_broken", "credentials");
    refused_with("sha-256 A6:72", "sha-256 A6-72", "sdp_broken", "fingerprint");
    refused(OFFER_HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n",
            "sdp_broken", "credentials");
}

static void what_is_too_much_is_refused(void)
{
    g_autoptr(GString) much = g_string_new(OFFER);
    g_autofree char *x = g_strnfill(SDP_LINE_MAX, 'x');
    g_string_append_printf(much, "a=%s\r\n", x);
    refused(much->str, "sdp_broken", "long lines");
    g_string_assign(much, OFFER);
    for (int i = 0; i < SDP_LINES_MAX; i++)
        g_string_append(much, "a=x\r\n");
    refused(much->str, "sdp_broken", "many");
    while (much->len <= SDP_SIZE_MAX)
        g_string_append(much, "a=more of the same\r\n");
    refused(much->str, "sdp_broken", "too long");
    refused_with("SAVPF 111 63",
                 "SAVPF 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 "
                 "1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 111 63",
                 "sdp_broken", "too many");
}

static void no_offer_with_changed_bytes_breaks_the_reader(void)
{
    static const char known[] = OFFER;
    for (int i = 0; i < 20000; i++) {
        char text[sizeof known];
        memcpy(text, known, sizeof known);
        for (int j = g_test_rand_int_range(1, 6); j > 0; j--)
            text[g_test_rand_int_range(0, sizeof known)] = (char)g_test_rand_int_range(0, 256);
        sdp_offer offer;
        if (!sdp_read_offer(text, (gsize)g_test_rand_int_range(1, sizeof known), &offer, NULL))
            continue;
        g_autofree char *written = sdp_write_offer(&offer);
        sdp_offer again = read_good(written);
        g_autofree char *rewritten = sdp_write_offer(&again);
        g_assert_cmpstr(rewritten, ==, written);
    }
}

static void the_answer_has_our_addresses_and_the_publishers_format(void)
{
    static const char *const addresses[] = {"192.0.2.7", "2001:db8::1", NULL};
    sdp_offer offer = read_good(OFFER);
    g_autofree char *text = sdp_write_answer(ANSWER, strlen(ANSWER), &offer, addresses, 8189);
    const char *first = strstr(text, " 192.0.2.7 8189 typ host"), *video = strstr(text, "m=video");
    g_assert_nonnull(first);
    g_assert_true(first < video); /* of the bundle, so in its first track */
    g_assert_nonnull(strstr(text, " 2001:db8::1 8189 typ host"));
    g_assert_nonnull(strstr(text, "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;"
                                  "profile-level-id=42e01f;x-google-start-bitrate="));
    g_assert_null(strstr(text, "a=fmtp:102 packetization-mode=1\r\n"));
}

static void an_answers_credentials_are_read_or_it_is_none(void)
{
    char ufrag[SDP_ICE_MAX + 1], password[SDP_ICE_MAX + 1];
    g_autoptr(GError) error = NULL;
    g_assert_true(sdp_read_answer(ANSWER, strlen(ANSWER), ufrag, password, NULL));
    g_assert_cmpstr(ufrag, ==, "receiverUfrag");
    g_assert_cmpstr(password, ==, "receiverPasswordOfTheTest");
    g_assert_false(sdp_read_answer("v=0\r\n", 5, ufrag, password, &error));
    g_assert_true(error_is(error, ERROR_PEER));
}

static void a_fragment_says_whose_it_is(void)
{
    static const char text[] = "a=ice-ufrag:ZXOe\r\na=ice-pwd:NX1Hxw4rcJaI4exnU/GtfUpa\r\n"
                               "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
                               "a=candidate:1 1 udp 1 192.0.2.2 9 typ host\r\n";
    char ufrag[SDP_ICE_MAX + 1];
    g_assert_true(sdp_read_fragment(text, strlen(text), ufrag, NULL));
    g_assert_cmpstr(ufrag, ==, "ZXOe");
    g_assert_true(sdp_read_fragment("a=end-of-candidates\r\n", 21, ufrag, NULL));
    g_assert_cmpstr(ufrag, ==, "");
    g_autoptr(GError) error = NULL;
    g_assert_false(sdp_read_fragment("a=ice-ufrag:\x01\r\n", 15, ufrag, &error));
    g_assert_cmpstr(error_code(error), ==, "sdp_broken");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/sdp/" #name, name)
    TEST(a_browsers_offer_gives_its_facts);
    TEST(what_is_written_has_the_facts_and_no_word_of_a_stranger);
    TEST(sound_alone_and_picture_alone_are_offers);
    TEST(other_codecs_are_refused_with_what_to_send);
    TEST(other_tracks_are_refused);
    TEST(what_is_no_webrtc_offer_is_refused);
    TEST(what_is_too_much_is_refused);
    TEST(no_offer_with_changed_bytes_breaks_the_reader);
    TEST(the_answer_has_our_addresses_and_the_publishers_format);
    TEST(an_answers_credentials_are_read_or_it_is_none);
    TEST(a_fragment_says_whose_it_is);
    return g_test_run();
}
