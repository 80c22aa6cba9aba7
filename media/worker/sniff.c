#include "worker/sniff.h"

#include <string.h>

#define BOXES_MAX 64 /* of an MP4, looked at */

typedef struct {
    const char *bytes;
    gsize size;
    gsize at;
    const char *code, *found;
} mark;

#define MARK(bytes, at, code, found)                                                               \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, at, code, found                                                  \
    }

static const mark marks[] = {
    MARK("%PDF-", 0, "not_media", "PDF document"),
    MARK("PK\3\4", 0, "not_media", "Office document or ZIP archive"),
    MARK("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 0, "not_media", "Office document"),
    MARK("Rar!\x1A\7", 0, "not_media", "RAR archive"),
    MARK("7z\xBC\xAF\x27\x1C", 0, "not_media", "7z archive"),
    MARK("\x1F\x8B", 0, "not_media", "gzip archive"),
    MARK("\x7F"
         "ELF",
         0, "not_media", "program"),
    MARK("MZ", 0, "not_media", "Windows program"),
    MARK("{\\rtf", 0, "not_media", "RTF document"),
    MARK("\xFF\xD8\xFF", 0, "image", "JPEG image"),
    MARK("BM", 0, "image", "BMP image"),
    MARK("II*\0", 0, "image", "TIFF image"),
    MARK("MM\0*", 0, "image", "TIFF image"),
    MARK("WEBP", 8, "image", "WebP image"),
    MARK("ftypheic", 4, "image", "HEIC image"),
    MARK("ftypmif1", 4, "image", "HEIF image"),
    MARK("ftypavif", 4, "image", "AVIF image"),
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool begins(const uint8_t *bytes, gsize size, const mark *is)
{
    return size >= is->at + is->size && !memcmp(bytes + is->at, is->bytes, is->size);
}

/* The frame header of a JPEG, if it is near its beginning. */
static bool jpeg_size(const uint8_t *b, gsize size, uint32_t *width, uint32_t *height)
{
    for (gsize at = 2; at + 9 < size && b[at] == 0xFF;) {
        uint8_t kind = b[at + 1];
        if (kind >= 0xC0 && kind <= 0xCF && kind != 0xC4 && kind != 0xC8 && kind != 0xCC) {
            *height = (uint32_t)b[at + 5] << 8 | b[at + 6];
            *width = (uint32_t)b[at + 7] << 8 | b[at + 8];
            return true;
        }
        at += 2 + ((gsize)b[at + 2] << 8 | b[at + 3]);
    }
    return false;
}

static bool is_sized_image(const uint8_t *b, gsize size, facts_word *says)
{
    uint32_t width, height;
    if (size >= 24 && !memcmp(b, "\x89PNG\r\n\x1A\n", 8))
        facts_say(says, "image", "PNG image %u x %u", be32(b + 16), be32(b + 20));
    else if (size >= 10 && !memcmp(b, "GIF8", 4))
        facts_say(says, "image", "GIF image %u x %u", b[6] | b[7] << 8, b[8] | b[9] << 8);
    else if (size >= 4 && !memcmp(b, "\xFF\xD8\xFF", 3) && jpeg_size(b, size, &width, &height))
        facts_say(says, "image", "JPEG image %u x %u", width, height);
    else
        return false;
    return true;
}

static bool is_box(const uint8_t *type)
{
    static const char known[] = "ftypmdatfreewideskipmoovmoofstypsidxuuidpnot";
    for (gsize i = 0; i + 4 <= sizeof known - 1; i += 4)
        if (!memcmp(type, known + i, 4))
            return true;
    return false;
}

/* Size of the box at `at`; 0: it is none. */
static uint64_t box_size(const uint8_t *b, gsize size, gsize at)
{
    if (at + 16 > size || !is_box(b + at + 4))
        return 0;
    uint64_t is = be32(b + at);
    if (is == 1)
        is = (uint64_t)be32(b + at + 8) << 32 | be32(b + at + 12);
    return is < 8 ? 0 : is;
}

/* An MP4 whose boxes promise more than there is, or that ends before its index. */
static bool is_half_a_film(const uint8_t *b, gsize size, int64_t whole, facts_word *says)
{
    uint64_t at = 0, is;
    int boxes = 0;
    while (boxes < BOXES_MAX && at < size && (is = box_size(b, size, (gsize)at)) != 0) {
        if (is > (uint64_t)1 << 50)
            return false;
        at += is;
        boxes++;
    }
    if (!boxes)
        return false;
    if (at > (uint64_t)whole)
        facts_say(says, "truncated",
                  "MP4 of which %.1f MB are here, of at least %.1f MB; its index is missing",
                  (double)whole / 1e6, (double)at / 1e6);
    else
        facts_say(says, "truncated", "MP4 without an index (moov)");
    return true;
}

/* UTF-8, or bytes of which none is a control character (GB18030). */
static bool is_text(const uint8_t *b, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if (b[i] < ' ' && b[i] != '\n' && b[i] != '\r' && b[i] != '\t' && b[i] != '\f')
            return false;
    const char *end = NULL;
    if (g_utf8_validate((const char *)b, (gssize)size, &end) || (const char *)b + size - end < 4)
        return true;
    gsize high = 0;
    for (gsize i = 0; i < size; i++)
        high += b[i] >= 0x80;
    return high * 10 < size * 9;
}

void sniff(const uint8_t *bytes, gsize size, int64_t whole, facts_word *says)
{
    if (whole == 0) {
        facts_say(says, "empty", "0 bytes");
        return;
    }
    if (is_sized_image(bytes, size, says))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
        if (begins(bytes, size, &marks[i])) {
            facts_say(says, marks[i].code, "%s", marks[i].found);
            return;
        }
    if (is_half_a_film(bytes, size, whole, says))
        return;
    facts_say(says, "not_media", "%s", is_text(bytes, size) ? "text" : "data of an unknown kind");
}
