#include "award/award.h"

#include <cairo-pdf.h>
#include <math.h>
#include <string.h>

#include "award/type.h"

/* A4 landscape, in points. */
#define SHEET_WIDTH 841.89
#define SHEET_HEIGHT 595.28
#define MARGIN 30.0
#define SIDE 78.0        /* from the edge to the words */
#define MIDDLE_TOP 199.0 /* the space the name and the text are centred in */
#define MIDDLE_BOTTOM 422.0
#define FOOT 437.0 /* where QR, evidence and issuer begin */
#define QR_SIDE 76.0
#define NOTE 534.0
#define PDF_BYTES_MAX (8 * 1024 * 1024) /* a sheet with its font subsets has about 300 KB */

/* clang-format off */
/*                                      font        size least bold  spacing lines align            ink */
static const type_style brand_style =         {TYPE_SANS,  11,  0,    true,  0.09,   1,   PANGO_ALIGN_LEFT,   &colour_ink};
static const type_style mark_style =          {TYPE_SERIF, 17,  0,    true,  0,      1,   PANGO_ALIGN_CENTER, &colour_soft_blue};
static const type_style small_style =         {TYPE_SANS,  8,   6,    false, 0,      1,   PANGO_ALIGN_LEFT,   &colour_ink3};
static const type_style label_right_style =   {TYPE_SANS,  8,   6,    false, 0,      1,   PANGO_ALIGN_RIGHT,  &colour_ink3};
static const type_style serial_style =        {TYPE_SANS,  11,  7,    true,  0.036,  1,   PANGO_ALIGN_RIGHT,  &colour_ink};
static const type_style title_style =         {TYPE_SERIF, 42,  0,    true,  0.214,  1,   PANGO_ALIGN_CENTER, &colour_blue};
static const type_style english_title_style = {TYPE_SERIF, 12,  0,    false, 0.133,  1,   PANGO_ALIGN_CENTER, &colour_ink2};
static const type_style name_style =          {TYPE_SERIF, 34,  10,   true,  0.06,   1,   PANGO_ALIGN_CENTER, &colour_ink};
static const type_style text_style =          {TYPE_SERIF, 14,  10,   false, 0,      2,   PANGO_ALIGN_CENTER, &colour_ink};
static const type_style course_style =        {TYPE_SERIF, 21,  13,   true,  0,      2,   PANGO_ALIGN_CENTER, &colour_ink};
static const type_style minutes_style =       {TYPE_SERIF, 12,  9,    false, 0,      1,   PANGO_ALIGN_CENTER, &colour_ink2};
static const type_style english_style =       {TYPE_SERIF, 9.5, 7,    false, 0,      2,   PANGO_ALIGN_CENTER, &colour_ink2};
static const type_style strong_style =        {TYPE_SANS,  9.5, 0,    true,  0,      1,   PANGO_ALIGN_LEFT,   &colour_ink};
static const type_style mono_style =          {TYPE_MONO,  7,   5,    false, 0,      2,   PANGO_ALIGN_LEFT,   &colour_ink2};
static const type_style issuer_style =        {TYPE_SERIF, 15,  8,    true,  0,      2,   PANGO_ALIGN_RIGHT,  &colour_ink};
static const type_style date_style =          {TYPE_SERIF, 11,  0,    false, 0,      1,   PANGO_ALIGN_RIGHT,  &colour_ink};
static const type_style note_style =          {TYPE_SANS,  8,   0,    false, 0,      1,   PANGO_ALIGN_CENTER, &colour_ink3};
static const type_style revoked_style =       {TYPE_SANS,  88,  0,    true,  0.136,  1,   PANGO_ALIGN_CENTER, &colour_bead};
/* clang-format on */

/* One line of the middle: centred, with the space above it. */
typedef struct {
    const type_style *style;
    double gap;
    char *text;
    PangoLayout *layout;
} line;

static const char *form_words(award_form form)
{
    static const char *const words[] = {
        [AWARD_LIVE] = "线上直播", [AWARD_RECORDED] = "线上录播", [AWARD_MIXED] = "线上直播与录播"};
    return words[form];
}

static char *period_chinese(const award_certificate *is)
{
    g_autofree char *from = award_date_text(is->from_ms, false),
                    *to = award_date_text(is->to_ms, false);
    return strcmp(from, to) == 0 ? g_strdup(from) : g_strdup_printf("%s至%s", from, to);
}

static char *period_english(const award_certificate *is)
{
    g_autofree char *from = award_date_text(is->from_ms, true),
                    *to = award_date_text(is->to_ms, true);
    return strcmp(from, to) == 0 ? g_strdup_printf("on %s", from)
                                 : g_strdup_printf("from %s to %s", from, to);
}

static char *intro_text(const award_certificate *is)
{
    g_autofree char *period = period_chinese(is);
    return g_strdup_printf("于%s参加%s培训课程", period, form_words(is->form));
}

static char *minutes_text(const award_certificate *is)
{
    g_autofree char *hours = award_hours_text(is->minutes, is->hour_minutes);
    if (is->minutes < is->hour_minutes)
        return g_strdup_printf("认定学习时间 %s", hours);
    return g_strdup_printf("认定学习时间 %d 分钟，计 %s", is->minutes, hours);
}

static char *english_text(const award_certificate *is)
{
    g_autofree char *period = period_english(is);
    return g_strdup_printf(
        "This is to certify that the person named above met the learning requirements of this "
        "online course\n%s, with %d credited %s of learning.",
        period, is->minutes, is->minutes == 1 ? "minute" : "minutes");
}

static void draw_head(cairo_t *cr, const award_certificate *is)
{
    double right = SHEET_WIDTH - SIDE;
    ornament_colour(cr, &colour_blue);
    cairo_rectangle(cr, SIDE, 56, 26, 26);
    cairo_fill(cr);
    type_put(cr, &mark_style, SIDE, 56.5, 26, "匠");
    type_put(cr, &brand_style, SIDE + 35, 55, 260, "匠堂");
    type_put(cr, &small_style, SIDE + 35, 71, 260, "线上职业技能培训  Online skills training");
    type_put(cr, &label_right_style, right - 300, 56, 300, "证书编号  Certificate No.");
    type_put(cr, &serial_style, right - 300, 68, 300, is->serial);
    type_put(cr, &title_style, SIDE + 4.5, 92, SHEET_WIDTH - 2 * SIDE, "培训合格证明");
    type_put(cr, &english_title_style, SIDE, 157, SHEET_WIDTH - 2 * SIDE,
             "Certificate of Training Completion");
    ornament_bead(cr, SHEET_WIDTH / 2 - 75, 188, 0, 150, 6);
}

static double set_lines(cairo_t *cr, line *lines, gsize count, double width)
{
    double height = 0;
    for (gsize i = 0; i < count; i++) {
        lines[i].layout = type_fit(cr, lines[i].style, width, lines[i].text);
        height += lines[i].gap + type_height(lines[i].layout);
    }
    return height;
}

/* The name stands on a hairline, as on a form filled in by hand. */
static void underline(cairo_t *cr, double y, double width)
{
    ornament_colour(cr, &colour_line);
    cairo_set_line_width(cr, 0.8);
    cairo_move_to(cr, (SHEET_WIDTH - width) / 2, y);
    cairo_rel_line_to(cr, width, 0);
    cairo_stroke(cr);
}

static void draw_middle(cairo_t *cr, const award_certificate *is)
{
    double width = SHEET_WIDTH - 2 * SIDE - 40;
    line lines[] = {
        {&name_style, 0, g_strdup(is->person_name), NULL},
        {&text_style, 14, intro_text(is), NULL},
        {&course_style, 5, g_strdup_printf("《%s》", is->course_title), NULL},
        {&text_style, 6, g_strdup("达到课程规定的学习要求，培训合格，特此证明。"), NULL},
        {&minutes_style, 6, minutes_text(is), NULL},
        {&english_style, 9, english_text(is), NULL},
    };
    double height = set_lines(cr, lines, G_N_ELEMENTS(lines), width);
    double y = MIDDLE_TOP + MAX(0, (MIDDLE_BOTTOM - MIDDLE_TOP - height) / 2);
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        y += lines[i].gap;
        type_draw(cr, lines[i].style, lines[i].layout, (SHEET_WIDTH - width) / 2, y);
        y += type_height(lines[i].layout);
        if (i == 0)
            underline(cr, y + 3, MAX(240, type_width(lines[i].layout) + 60));
        g_object_unref(lines[i].layout);
        g_free(lines[i].text);
    }
}

/* The address as one may type it: without its scheme, the token on a line of its own. */
static char *short_url(const char *url)
{
    const char *scheme = strstr(url, "://"), *bare = scheme ? scheme + 3 : url,
               *token = strrchr(bare, '/');
    if (!token)
        return g_strdup(bare);
    return g_strdup_printf("%.*s\n%s", (int)(token + 1 - bare), bare, token + 1);
}

static void draw_proof(cairo_t *cr, const award_certificate *is, const char *verify_url, double x,
                       double width)
{
    double y = FOOT;
    y += type_put(cr, &strong_style, x, y, width, "扫码核验") + 1;
    y += type_put(cr, &small_style, x, y, width, "Scan to verify, or open") + 1;
    g_autofree char *url = short_url(verify_url);
    y += type_put(cr, &mono_style, x, y, width, url) + 4;
    y += type_put(cr, &small_style, x, y, width, "学习证据根  Evidence root (SHA-256)") + 1;
    g_autofree char *halves = strlen(is->evidence) > 32
                                  ? g_strdup_printf("%.32s\n%s", is->evidence, is->evidence + 32)
                                  : g_strdup(*is->evidence ? is->evidence : "—");
    type_put(cr, &mono_style, x, y, width, halves);
}

static void draw_issuer(cairo_t *cr, const award_certificate *is)
{
    double width = 250, x = SHEET_WIDTH - SIDE - width, y = FOOT;
    g_autofree char *date = award_date_text(is->issued_ms, false);
    y += type_put(cr, &label_right_style, x, y, width, "签发机构  Issued by") + 1;
    y += type_put(cr, &issuer_style, x, y, width, is->issuer) + 6;
    y += type_put(cr, &label_right_style, x, y, width, "签发日期  Date of issue") + 1;
    type_put(cr, &date_style, x, y, width, date);
}

static void draw_note(cairo_t *cr)
{
    double width = SHEET_WIDTH - 2 * SIDE;
    type_put(cr, &note_style, SIDE, NOTE, width,
             "本证明记录一次线上培训的完成情况，不是职业资格证书，也不是职业技能等级证书。  "
             "A record of training, not a vocational qualification.");
}

static void draw_revoked(cairo_t *cr)
{
    cairo_save(cr);
    cairo_push_group(cr);
    cairo_translate(cr, SHEET_WIDTH / 2, SHEET_HEIGHT / 2);
    cairo_rotate(cr, -M_PI / 10);
    type_put(cr, &revoked_style, -400, -64, 800, "已撤销");
    cairo_pop_group_to_source(cr);
    cairo_paint_with_alpha(cr, 0.35);
    cairo_restore(cr);
}

static bool draw(cairo_t *cr, const award_certificate *is, const char *verify_url)
{
    ornament_frame(cr, SHEET_WIDTH, SHEET_HEIGHT, MARGIN);
    draw_head(cr, is);
    draw_middle(cr, is);
    bool coded = ornament_qr(cr, SIDE, FOOT, QR_SIDE, verify_url);
    draw_proof(cr, is, verify_url, SIDE + QR_SIDE + 14, 300);
    draw_issuer(cr, is);
    draw_note(cr);
    if (is->revoked_ms)
        draw_revoked(cr);
    cairo_show_page(cr);
    return coded;
}

static void set_metadata(cairo_surface_t *pdf, const award_certificate *is)
{
    g_autoptr(GDateTime) issued = g_date_time_new_from_unix_utc(is->issued_ms / 1000);
    g_autofree char *when = issued ? g_date_time_format_iso8601(issued) : NULL;
    g_autofree char *title = g_strdup_printf("培训合格证明 %s", is->serial);
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_AUTHOR, is->issuer);
    if (when)
        cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE, when);
}

static cairo_status_t append(void *closure, const unsigned char *bytes, unsigned int length)
{
    GByteArray *out = closure;
    if (out->len + (gsize)length > PDF_BYTES_MAX)
        return CAIRO_STATUS_WRITE_ERROR;
    g_byte_array_append(out, bytes, length);
    return CAIRO_STATUS_SUCCESS;
}

GBytes *award_pdf(const award_certificate *certificate, const char *verify_url, GError **error)
{
    GByteArray *out = g_byte_array_new();
    cairo_surface_t *pdf =
        cairo_pdf_surface_create_for_stream(append, out, SHEET_WIDTH, SHEET_HEIGHT);
    cairo_t *cr = cairo_create(pdf);
    set_metadata(pdf, certificate);
    bool coded = draw(cr, certificate, verify_url);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    cairo_surface_finish(pdf);
    status = status ? status : cairo_surface_status(pdf);
    cairo_surface_destroy(pdf);
    if (!status && coded)
        return g_byte_array_free_to_bytes(out);
    g_byte_array_unref(out);
    error_set(error, ERROR_PEER, "pdf_failed", NULL, "certificate sheet: %s",
              coded ? cairo_status_to_string(status) : "its address does not fit into a QR code");
    return NULL;
}

int award_missing_glyphs(const char *text)
{
    cairo_surface_t *pdf =
        cairo_pdf_surface_create_for_stream(NULL, NULL, SHEET_WIDTH, SHEET_HEIGHT);
    cairo_t *cr = cairo_create(pdf);
    PangoLayout *layout = type_fit(cr, &name_style, SHEET_WIDTH, text);
    int missing = pango_layout_get_unknown_glyphs_count(layout);
    g_object_unref(layout);
    cairo_destroy(cr);
    cairo_surface_destroy(pdf);
    return missing;
}
