#include "worker/wave.h"

#include "title/board.h"

static void add_peaks(GString *to, const uint8_t *peaks, gsize count, gsize together)
{
    for (gsize at = 0; at < count; at += together) {
        uint8_t peak = 0;
        for (gsize i = at; i < MIN(count, at + together); i++)
            peak = MAX(peak, peaks[i]);
        g_string_append_printf(to, "%s%u", at ? "," : "", peak);
    }
}

bool wave_write(const char *title_dir, GBytes *peaks, int64_t step_ms, GError **error)
{
    gsize count = 0, together = 1;
    const uint8_t *bytes = g_bytes_get_data(peaks, &count);
    GString *to = g_string_new(NULL);
    while (count / together > WAVE_POINTS_MAX)
        together *= 2;
    g_string_append_printf(to, "{\"step_ms\":%" G_GINT64_FORMAT ",\"peaks\":[",
                           step_ms * (int64_t)together);
    add_peaks(to, bytes, count, together);
    g_string_append(to, "]}\n");
    g_autoptr(GBytes) text = g_string_free_to_bytes(to);
    return board_put(title_dir, "wave.json", text, error);
}
