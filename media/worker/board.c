#include "worker/board.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "base/log.h"
#include "title/board.h"

#define QUALITY 5 /* of libav's 2 to 31: a tile is 3 KB, a sheet 70 KB */
#define POSTER_STILL                                                                               \
    3 /* the poster is the first still until this one comes: a class begins with nothing to see */
#define GREY 128
#define POSTERS 3
#define RICHER 1.15    /* times as much to see, or the poster that stands stays */
#define EDGE_PERCENT 3 /* of a recording: beginnings and ends show little */
#define GRAIN 8        /* pixels: finer differences are noise */

struct board {
    char *dir;
    int32_t n;                      /* of the sheet in hand; -1: none yet */
    int32_t width, height;          /* of a tile */
    int32_t tiles;                  /* on the sheet in hand */
    int32_t seen;                   /* in all */
    AVFrame *sheet;                 /* full range, as JPEG wants it */
    uint8_t luma[256], chroma[256]; /* from video range to full */
    bool told;                      /* of a failure */
    int64_t length_ms;              /* of a recording; 0: of a class */
    int64_t last_ms;                /* of the tiles that were there before */
    double riches[POSTERS];         /* of the posters that stand */
};

static uint8_t stretched(int32_t value, int32_t zero, int32_t range, int32_t middle)
{
    return (uint8_t)CLAMP((value - zero) * 255 / range + middle, 0, 255);
}

/* A worker before this one may have been further than what it wrote whole. */
static int64_t last_tile_ms(const char *title_dir)
{
    g_autoptr(GPtrArray) known = board_read(title_dir, NULL);
    const title_sheet *last = known && known->len ? known->pdata[known->len - 1] : NULL;
    return last && last->tiles->len ? g_array_index(last->tiles, int64_t, last->tiles->len - 1)
                                    : -1;
}

board *board_new(const char *title_dir, int64_t length_ms)
{
    board *b = g_new0(board, 1);
    b->dir = g_strdup(title_dir);
    b->n = -1;
    b->length_ms = length_ms;
    b->last_ms = length_ms ? last_tile_ms(title_dir) : -1;
    for (int32_t i = 0; i < 256; i++) {
        b->luma[i] = stretched(i, 16, 219, 0);
        b->chroma[i] = stretched(i, GREY, 224, GREY);
    }
    return b;
}

void board_free(board *b)
{
    if (!b)
        return;
    av_frame_free(&b->sheet);
    g_free(b->dir);
    g_free(b);
}

static void tell(board *b, const char *why)
{
    if (!b->told)
        log_warn("worker", "no storyboard: %s", why);
    b->told = true;
}

/* ---- pictures ---- */

static AVFrame *frame_new(int32_t width, int32_t height)
{
    AVFrame *frame = av_frame_alloc();
    frame->format = AV_PIX_FMT_YUVJ420P;
    frame->width = width;
    frame->height = height;
    if (av_frame_get_buffer(frame, 0) < 0)
        g_error("no memory for a sheet of %d x %d", width, height);
    memset(frame->data[0], 0, (size_t)frame->linesize[0] * (size_t)height);
    for (int i = 1; i <= 2; i++)
        memset(frame->data[i], GREY, (size_t)frame->linesize[i] * (size_t)((height + 1) / 2));
    return frame;
}

/* One plane into a corner of another; `step` 2: the mean of four for one. */
static void copy_plane(const uint8_t *from, int32_t from_width, uint8_t *to, int32_t stride,
                       int32_t width, int32_t height, int32_t step, const uint8_t *range)
{
    for (int32_t y = 0; y < height; y++) {
        const uint8_t *row = from + (ptrdiff_t)y * step * from_width;
        const uint8_t *below = row + (step == 2 ? from_width : 0);
        for (int32_t x = 0; x < width; x++) {
            int32_t at = x * step, beside = at + step - 1;
            to[(ptrdiff_t)y * stride + x] =
                range[(row[at] + row[beside] + below[at] + below[beside] + 2) / 4];
        }
    }
}

/* An I420 picture, or half of it, at (x, y) of the frame; all even. */
static void place(const board *b, AVFrame *frame, const uint8_t *from, int32_t width,
                  int32_t height, int32_t step, int32_t x, int32_t y)
{
    const uint8_t *plane = from;
    for (int i = 0; i < 3; i++) {
        int32_t shift = i ? 1 : 0, across = width >> shift, down = height >> shift;
        uint8_t *to = frame->data[i] + (ptrdiff_t)(y >> shift) * frame->linesize[i] + (x >> shift);
        copy_plane(plane, across, to, frame->linesize[i], across / step, down / step, step,
                   i ? b->chroma : b->luma);
        plane += (ptrdiff_t)across * down;
    }
}

static AVCodecContext *encoder_open(const AVFrame *frame)
{
    AVCodecContext *encoder = avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_MJPEG));
    if (!encoder)
        return NULL;
    encoder->width = frame->width;
    encoder->height = frame->height;
    encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
    encoder->time_base = (AVRational){1, 1};
    encoder->thread_count = 1;
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = QUALITY * FF_QP2LAMBDA;
    if (avcodec_open2(encoder, NULL, NULL) < 0)
        avcodec_free_context(&encoder);
    return encoder;
}

/* NULL: this libav makes no JPEG. */
static GBytes *jpeg_of(AVFrame *frame)
{
    AVCodecContext *encoder = encoder_open(frame);
    AVPacket *packet = av_packet_alloc();
    GBytes *made = NULL;
    frame->quality = QUALITY * FF_QP2LAMBDA;
    if (encoder && avcodec_send_frame(encoder, frame) >= 0 &&
        avcodec_receive_packet(encoder, packet) >= 0)
        made = g_bytes_new(packet->data, (gsize)packet->size);
    av_packet_free(&packet);
    avcodec_free_context(&encoder);
    return made;
}

static bool keep(board *b, const char *name, AVFrame *frame)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) picture = jpeg_of(frame);
    bool kept = picture && board_put(b->dir, name, picture, &error);
    if (!kept)
        tell(b, error ? error->message : "no JPEG encoder");
    return kept;
}

/* ---- sheets ---- */

/* Behind the last one there is, also of a worker before this one. */
static int32_t next_sheet(const board *b)
{
    g_autoptr(GPtrArray) known = board_read(b->dir, NULL);
    if (b->n >= 0 || !known || !known->len)
        return b->n + 1;
    return ((const title_sheet *)g_ptr_array_index(known, known->len - 1))->n + 1;
}

static void begin_sheet(board *b, int32_t width, int32_t height)
{
    b->n = next_sheet(b);
    b->width = width;
    b->height = height;
    b->tiles = 0;
    av_frame_free(&b->sheet);
    b->sheet = frame_new(width * BOARD_COLUMNS, height * BOARD_ROWS);
}

/* The sheet first, then what is on it. */
static void save_tile(board *b, int64_t at_ms)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("board-%d.jpg", b->n);
    g_autoptr(GString) lines = g_string_new(NULL);
    if (!keep(b, name, b->sheet))
        return;
    if (b->tiles == 0)
        g_string_append_printf(lines, "sheet %d %d %d %d %d\n", b->n, BOARD_COLUMNS, BOARD_ROWS,
                               b->width, b->height);
    g_string_append_printf(lines, "tile %" G_GINT64_FORMAT "\n", at_ms);
    if (!board_append(b->dir, lines->str, &error))
        tell(b, error->message);
    else
        b->tiles++;
}

static bool is_poster_due(const board *b)
{
    if (b->length_ms)
        return false;
    g_autofree char *path = g_build_filename(b->dir, "poster.jpg", NULL);
    bool there = g_file_test(path, G_FILE_TEST_EXISTS);
    return !there || (b->n == 0 && b->seen == POSTER_STILL);
}

static void save_poster(board *b, const char *name, const uint8_t *picture, int32_t width,
                        int32_t height)
{
    AVFrame *frame = frame_new(width, height);
    place(b, frame, picture, width, height, 1, 0, 0);
    keep(b, name, frame);
    av_frame_free(&frame);
}

/* How much there is to see: differences between neighbours some pixels apart. */
static double riches_of(const uint8_t *luma, int32_t width, int32_t height)
{
    int64_t sum = 1, count = 1;
    for (int32_t y = GRAIN; y < height; y += GRAIN)
        for (int32_t x = GRAIN; x < width; x += GRAIN) {
            const uint8_t *at = luma + (ptrdiff_t)y * width + x;
            sum += ABS(at[0] - at[-GRAIN]) + ABS(at[0] - at[-(ptrdiff_t)GRAIN * width]);
            count++;
        }
    return (double)sum / (double)count;
}

static bool exists(const board *b, const char *name)
{
    g_autofree char *path = g_build_filename(b->dir, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The first and the last moments count for little, or there would be no poster of a short film. */
static double worth(const board *b, double riches, int64_t at_ms)
{
    int64_t edge = b->length_ms * EDGE_PERCENT / 100;
    return at_ms < edge || at_ms > b->length_ms - edge ? riches / 100 : riches;
}

void board_poster(board *b, GBytes *picture, int32_t width, int64_t at_ms)
{
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(picture, &size);
    int32_t height = (int32_t)(size * 2 / 3 / (gsize)width);
    int64_t third = CLAMP(at_ms * POSTERS / MAX(b->length_ms, 1), 0, POSTERS - 1);
    if (!b->length_ms || width % 2 || height % 2)
        return;
    double riches = worth(b, riches_of(bytes, width, height), at_ms), best = 0;
    for (int i = 0; i < POSTERS; i++)
        best = MAX(best, b->riches[i]);
    g_autofree char *name = g_strdup_printf("poster-%d.jpg", (int)third + 1);
    if (riches <= b->riches[third] * RICHER || (!b->riches[third] && exists(b, name)))
        return;
    b->riches[third] = riches;
    save_poster(b, name, bytes, width, height);
    if (riches > best * RICHER)
        save_poster(b, "poster.jpg", bytes, width, height);
}

void board_still(board *b, GBytes *picture, int32_t width, int64_t at_ms)
{
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(picture, &size);
    int32_t height = (int32_t)(size * 2 / 3 / (gsize)width);
    int32_t across = width / 4 * 2, down = height / 4 * 2;
    if (b->n >= BOARD_SHEETS_MAX || across < 2 || down < 2 || at_ms <= b->last_ms)
        return;
    if (!b->sheet || b->tiles == BOARD_COLUMNS * BOARD_ROWS || b->width != across ||
        b->height != down)
        begin_sheet(b, across, down);
    place(b, b->sheet, bytes, width, height, 2, b->tiles % BOARD_COLUMNS * across,
          b->tiles / BOARD_COLUMNS * down);
    save_tile(b, at_ms);
    b->seen++;
    if (is_poster_due(b))
        save_poster(b, "poster.jpg", bytes, width, height);
}
