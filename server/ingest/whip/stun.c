#include "ingest/whip/stun.h"

#include <string.h>

#define COOKIE 0x2112a442u
#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define USERNAME 0x0006
#define MESSAGE_INTEGRITY 0x0008
#define SHA1_BYTES 20

static guint u16(const uint8_t *at)
{
    return (guint)at[0] << 8 | at[1];
}

static guint32 u32(const uint8_t *at)
{
    return (guint32)u16(at) << 16 | u16(at + 2);
}

stun_kind stun_read(const uint8_t *bytes, gsize size)
{
    if (size < STUN_HEAD || bytes[0] > 3 || u32(bytes + 4) != COOKIE || u16(bytes + 2) % 4 != 0 ||
        STUN_HEAD + u16(bytes + 2) != size)
        return STUN_NONE;
    switch (u16(bytes)) {
    case BINDING_REQUEST:
        return STUN_REQUEST;
    case BINDING_SUCCESS:
        return STUN_RESPONSE;
    default:
        return STUN_OTHER;
    }
}

const uint8_t *stun_transaction(const uint8_t *bytes)
{
    return bytes + 8;
}

/* The value of the first attribute of this type, or NULL. */
static const uint8_t *find(const uint8_t *bytes, gsize size, guint type, gsize *length)
{
    gsize at = STUN_HEAD;
    while (at + 4 <= size) {
        gsize value = u16(bytes + at + 2);
        if (value > size - at - 4)
            return NULL;
        if (u16(bytes + at) == type) {
            *length = value;
            return bytes + at + 4;
        }
        at += 4 + ((value + 3) & ~(gsize)3);
    }
    return NULL;
}

bool stun_user(const uint8_t *bytes, gsize size, char user[STUN_USER_MAX + 1])
{
    gsize length = 0;
    const uint8_t *name =
        stun_read(bytes, size) == STUN_REQUEST ? find(bytes, size, USERNAME, &length) : NULL;
    const uint8_t *colon = name ? memchr(name, ':', length) : NULL;
    gsize half = colon ? (gsize)(colon - name) : 0;
    if (half == 0 || half > STUN_USER_MAX || memchr(name, '\0', half))
        return false;
    memcpy(user, name, half);
    user[half] = '\0';
    return true;
}

bool stun_is_signed(const uint8_t *bytes, gsize size, const char *password)
{
    gsize length = 0, got = SHA1_BYTES;
    uint8_t sum[SHA1_BYTES], head[STUN_HEAD];
    const uint8_t *stated =
        stun_read(bytes, size) == STUN_NONE ? NULL : find(bytes, size, MESSAGE_INTEGRITY, &length);
    if (!stated || length != SHA1_BYTES)
        return false;
    gsize before = (gsize)(stated - 4 - bytes);
    gsize counted = before + 4 + SHA1_BYTES - STUN_HEAD; /* the length as if it ended here */
    memcpy(head, bytes, STUN_HEAD);
    head[2] = (uint8_t)(counted >> 8);
    head[3] = (uint8_t)counted;
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA1, (const guchar *)password, strlen(password));
    g_hmac_update(hmac, head, STUN_HEAD);
    g_hmac_update(hmac, bytes + STUN_HEAD, (gssize)(before - STUN_HEAD));
    g_hmac_get_digest(hmac, sum, &got);
    g_hmac_unref(hmac);
    uint8_t different = 0;
    for (gsize i = 0; i < SHA1_BYTES; i++)
        different |= sum[i] ^ stated[i];
    return different == 0;
}
