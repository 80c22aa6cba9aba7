#include "award/type.h"

#define SHRINK 0.94 /* from one size to the next smaller one */

static PangoLayout *layout_new(cairo_t *cr, double width, const char *text)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoContext *context = pango_layout_get_context(layout);
    pango_cairo_context_set_resolution(context, 72);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_language(context, pango_language_from_string("zh-CN"));
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

static void set_size(PangoLayout *layout, const type_style *style, double size)
{
    g_autoptr(PangoFontDescription) font = pango_font_description_new();
    pango_font_description_set_family_static(font, style->font);
    pango_font_description_set_weight(font, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    g_autoptr(PangoAttrList) list = pango_attr_list_new();
    if (style->spacing > 0)
        pango_attr_list_insert(
            list, pango_attr_letter_spacing_new((int)(size * style->spacing * PANGO_SCALE)));
    pango_layout_set_attributes(layout, list);
}

PangoLayout *type_fit(cairo_t *cr, const type_style *style, double width, const char *text)
{
    PangoLayout *layout = layout_new(cr, width, text);
    pango_layout_set_alignment(layout, style->align);
    double size = style->size, least = style->least > 0 ? style->least : size;
    set_size(layout, style, size);
    while (style->lines && pango_layout_get_line_count(layout) > style->lines && size > least) {
        size = MAX(size * SHRINK, least);
        set_size(layout, style, size);
    }
    return layout;
}

double type_height(PangoLayout *layout)
{
    PangoRectangle box;
    pango_layout_get_extents(layout, NULL, &box);
    return (double)box.height / PANGO_SCALE;
}

double type_width(PangoLayout *layout)
{
    PangoRectangle box;
    pango_layout_get_extents(layout, NULL, &box);
    return (double)box.width / PANGO_SCALE;
}

void type_draw(cairo_t *cr, const type_style *style, PangoLayout *layout, double x, double y)
{
    ornament_colour(cr, style->ink);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout(cr, layout);
}

double type_put(cairo_t *cr, const type_style *style, double x, double y, double width,
                const char *text)
{
    g_autoptr(PangoLayout) layout = type_fit(cr, style, width, text);
    type_draw(cr, style, layout, x, y);
    return type_height(layout);
}
