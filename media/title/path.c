#include "title/writer.h"

char *title_path_journal(const char *dir)
{
    return g_build_filename(dir, "journal", NULL);
}

char *title_path_init(const char *dir, const char *rendition, int32_t n)
{
    return g_strdup_printf("%s/%s/init-%d.mp4", dir, rendition, n);
}

char *title_path_segment(const char *dir, const char *rendition, int64_t msn)
{
    return g_strdup_printf("%s/%s/%" G_GINT64_FORMAT ".m4s", dir, rendition, msn);
}
