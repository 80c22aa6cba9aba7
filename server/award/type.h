/*
 * Lines of text on the sheet: a style, a box, and what happens when the words are longer than the box.
 *
 * Fonts come by fallback, so that rare characters (CJK extensions) and names with "·" are drawn; what no font has is
 * counted. It knows no certificate. Lengths are points.
 *
 * Runs on: any thread, one per cairo context (pango keeps one font map per thread).
 * Memory:  a layout is GObject-counted and yours; texts are borrowed for the call.
 */
#ifndef AWARD_TYPE_H
#define AWARD_TYPE_H

#include <pango/pangocairo.h>

#include "award/ornament.h"

#define TYPE_SERIF "Noto Serif CJK SC,HanaMinA,HanaMinB,serif"
#define TYPE_SANS "Noto Sans CJK SC,HanaMinA,HanaMinB,sans-serif"
#define TYPE_MONO "Noto Sans Mono CJK SC,DejaVu Sans Mono,monospace"

typedef struct {
    const char *font; /* family list */
    double size;      /* at most; type_fit() goes down to `least` */
    double least;     /* 0: same as size */
    bool bold;
    double spacing; /* added behind each letter, in ems */
    int lines;      /* at most so many before the size goes down; 0: any */
    PangoAlignment align;
    const colour *ink;
} type_style;

/* The text set in this style to this width, made smaller until it stands in its lines. */
PangoLayout *type_fit(cairo_t *cr, const type_style *style, double width, const char *text);
double type_height(PangoLayout *layout);
double type_width(PangoLayout *layout);
/* Draws it with its upper left corner here, in the style's ink. */
void type_draw(cairo_t *cr, const type_style *style, PangoLayout *layout, double x, double y);
/* Fit, draw, forget; returns the height. */
double type_put(cairo_t *cr, const type_style *style, double x, double y, double width,
                const char *text);

#endif
