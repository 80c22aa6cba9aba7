#include "award/ornament.h"

#include <math.h>
#include <qrencode.h>

#define RIPPLE 0.5    /* distance between two drops, in thicknesses of the bead */
#define EDGE 0.95     /* half the angle of the crescent on a drop, radians */
#define FRAME_GAP 6.0 /* between the two lines of the frame */
#define TACK 36.0     /* a corner's bead on each side */
#define TACK_THICK 6.5

#define RGB(hex)                                                                                   \
    {                                                                                              \
        ((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex)&255) / 255.0               \
    }
const colour colour_ink = RGB(0x17202A), colour_ink2 = RGB(0x4A5766), colour_ink3 = RGB(0x5B6775);
const colour colour_line = RGB(0xE0E5EA), colour_blue = RGB(0x0B5CAD),
             colour_soft_blue = RGB(0xE8F1FB);
const colour colour_bead = RGB(0xD25C0C), colour_bead_dark = RGB(0xA3470A);

void ornament_colour(cairo_t *cr, const colour *is)
{
    cairo_set_source_rgb(cr, is->red, is->green, is->blue);
}

/* One drop of the bead, and the crescent it leaves on the drop before it. */
static void drop(cairo_t *cr, double at, double thick)
{
    double radius = thick / 2;
    cairo_new_path(cr);
    cairo_arc(cr, at, 0, radius, 0, 2 * M_PI);
    ornament_colour(cr, &colour_bead);
    cairo_fill(cr);
    cairo_arc(cr, at, 0, radius * 0.88, M_PI - EDGE, M_PI + EDGE);
    ornament_colour(cr, &colour_bead_dark);
    cairo_stroke(cr);
}

void ornament_bead(cairo_t *cr, double x, double y, double angle, double length, double thick)
{
    int drops = (int)(length / (thick * RIPPLE)) + 1;
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_rotate(cr, angle);
    cairo_set_line_width(cr, thick * 0.13);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    for (int i = 0; i < drops; i++)
        drop(cr, drops > 1 ? length * i / (drops - 1) : 0, thick);
    cairo_restore(cr);
}

/* Two short beads that run into a corner; (dx, dy) points into the sheet. */
static void tack(cairo_t *cr, double x, double y, double dx, double dy)
{
    ornament_bead(cr, x, y + dy * TACK, dy > 0 ? -M_PI / 2 : M_PI / 2, TACK, TACK_THICK);
    ornament_bead(cr, x + dx * TACK, y, dx > 0 ? M_PI : 0, TACK, TACK_THICK);
}

void ornament_frame(cairo_t *cr, double width, double height, double margin)
{
    double middle = margin + FRAME_GAP / 2, inner = margin + FRAME_GAP;
    cairo_save(cr);
    ornament_colour(cr, &colour_blue);
    cairo_set_line_width(cr, 1.4);
    cairo_rectangle(cr, margin, margin, width - 2 * margin, height - 2 * margin);
    cairo_stroke(cr);
    cairo_set_line_width(cr, 0.5);
    cairo_rectangle(cr, inner, inner, width - 2 * inner, height - 2 * inner);
    cairo_stroke(cr);
    tack(cr, middle, middle, 1, 1);
    tack(cr, width - middle, middle, -1, 1);
    tack(cr, middle, height - middle, 1, -1);
    tack(cr, width - middle, height - middle, -1, -1);
    cairo_restore(cr);
}

/* One row's dark modules, neighbours joined into one rectangle. */
static void qr_row(cairo_t *cr, const unsigned char *row, int width, double x, double y,
                   double module)
{
    for (int from = 0; from < width;) {
        int to = from;
        while (to < width && row[to] & 1)
            to++;
        if (to > from)
            cairo_rectangle(cr, x + from * module, y, (to - from) * module, module);
        from = to + 1;
    }
}

bool ornament_qr(cairo_t *cr, double x, double y, double side, const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code)
        return false;
    double module = side / code->width;
    cairo_save(cr);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
    ornament_colour(cr, &colour_ink);
    for (int line = 0; line < code->width; line++)
        qr_row(cr, code->data + line * code->width, code->width, x, y + line * module, module);
    cairo_fill(cr);
    cairo_restore(cr);
    QRcode_free(code);
    return true;
}
