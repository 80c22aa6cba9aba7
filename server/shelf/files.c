#include "shelf/inside.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "title/writer.h"

/* Who it is: a title's own files all have their number in their rendition. */
typedef struct {
    const shelved *title;
    guint rendition;
    bool init;
    int64_t number;
} file_key;

struct shelf_file {
    file_key is;
    int fd;
    int64_t size; /* when it was last looked at; segments grow */
    guint refs;
    GList use; /* link in shelf.files_by_use, while it is kept */
};

static guint file_hash(gconstpointer data)
{
    const file_key *is = data;
    return g_direct_hash(is->title) * 31 + (is->rendition << 1 | is->init) * 31 +
           (guint)is->number * 0x9e3779b1u;
}

static gboolean file_equal(gconstpointer a, gconstpointer b)
{
    const file_key *one = a, *other = b;
    return one->title == other->title && one->rendition == other->rendition &&
           one->init == other->init && one->number == other->number;
}

void shelf_file_unref(shelf_file *f)
{
    if (!f || --f->refs > 0)
        return;
    close(f->fd);
    g_free(f);
}

static void drop(shelf *s, shelf_file *f)
{
    g_queue_unlink(&s->files_by_use, &f->use);
    g_hash_table_remove(s->files, f);
    shelf_file_unref(f);
}

void files_start(shelf *s)
{
    s->files = g_hash_table_new(file_hash, file_equal);
}

void files_stop(shelf *s)
{
    while (s->files_by_use.head)
        drop(s, s->files_by_use.head->data);
    g_hash_table_unref(s->files);
}

void files_forget(shelved *t)
{
    GList *next;
    for (GList *link = t->shelf->files_by_use.head; link; link = next) {
        next = link->next;
        shelf_file *f = link->data;
        if (f->is.title == t)
            drop(t->shelf, f);
    }
}

static bool measure(shelf_file *f)
{
    struct stat is;
    if (fstat(f->fd, &is) != 0)
        return false;
    f->size = is.st_size;
    return true;
}

static shelf_file *file_open(const view *v, const file_key *is)
{
    const char *dir = v->title->dir, *rendition = view_rendition(v)->is.name;
    g_autofree char *path = is->init ? title_path_init(dir, rendition, (int32_t)is->number)
                                     : title_path_segment(dir, rendition, is->number);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    shelf_file *f = g_new0(shelf_file, 1);
    *f = (shelf_file){.is = *is, .fd = fd, .refs = 1};
    f->use.data = f;
    return f;
}

static shelf_file *file_keep(const view *v, const file_key *is)
{
    shelf *s = v->title->shelf;
    shelf_file *f = file_open(v, is);
    if (!f)
        return NULL;
    if (s->files_by_use.length >= SHELF_FILES_MAX)
        drop(s, s->files_by_use.tail->data);
    g_hash_table_add(s->files, f);
    g_queue_push_head_link(&s->files_by_use, &f->use);
    return f;
}

shelf_file *file_borrow(const view *v, bool init, int64_t number, int64_t least_bytes)
{
    shelf *s = v->title->shelf;
    file_key is = {v->title, v->rendition, init, number};
    shelf_file *f = g_hash_table_lookup(s->files, &is);
    if (!f && !(f = file_keep(v, &is)))
        return NULL;
    g_queue_unlink(&s->files_by_use, &f->use);
    g_queue_push_head_link(&s->files_by_use, &f->use);
    if (f->size < least_bytes && (!measure(f) || f->size < least_bytes)) {
        drop(s, f); /* perhaps another one stands under this name by now */
        return NULL;
    }
    f->refs++;
    return f;
}

int file_descriptor(const shelf_file *f)
{
    return f->fd;
}

int64_t file_size(const shelf_file *f)
{
    return f->size;
}
