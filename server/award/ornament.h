/*
 * What stands round the words of the sheet: the frame, the weld beads, the mark of the house, the QR code.
 *
 * One idea: learning time is a weld bead. The frame is two lines of steel blue, tack-welded at its corners. It knows
 * no certificate. Lengths are points.
 *
 * Runs on: any thread, one per cairo context.
 * Memory:  everything is borrowed for the call.
 */
#ifndef AWARD_ORNAMENT_H
#define AWARD_ORNAMENT_H

#include <cairo.h>
#include <stdbool.h>

typedef struct {
    double red, green, blue;
} colour;

/* The tokens of the house, light side. */
extern const colour colour_ink, colour_ink2, colour_ink3, colour_line;
extern const colour colour_blue, colour_soft_blue, colour_bead, colour_bead_dark;

void ornament_colour(cairo_t *cr, const colour *is);

/* A bead welded along the straight seam from (x, y), `length` long in the direction of `angle` (radians). */
void ornament_bead(cairo_t *cr, double x, double y, double angle, double length, double thick);
/* The frame of a sheet of this size, `margin` from its edge. */
void ornament_frame(cairo_t *cr, double width, double height, double margin);
/* A square of `side` whose modules are the QR code of the text. False: the text does not fit into one. */
bool ornament_qr(cairo_t *cr, double x, double y, double side, const char *text);

#endif
