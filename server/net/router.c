#include "net/router.h"

#include <string.h>

typedef struct {
    char *method;
    char **names; /* NULL-terminated */
    gpointer target;
} leaf;

typedef struct node {
    GHashTable *literals; /* segment -> node; NULL: none */
    struct node *any;     /* a placeholder */
    GPtrArray *leaves;    /* of leaf: the path may end here */
    GPtrArray *rest;      /* of leaf: the path may go on as it likes */
} node;

struct router {
    node *root;
    GDestroyNotify free_target;
};

/* What one look-up has found so far. */
typedef struct {
    const char *method;
    router_slice values[ROUTER_PARAMS_MAX];
    guint count;
    GPtrArray *others; /* methods that would have matched; NULL: not wanted */
    bool other_method;
} search;

static node *node_new(void)
{
    return g_new0(node, 1);
}

static void node_free(gpointer data)
{
    node *n = data;
    if (!n)
        return;
    g_clear_pointer(&n->literals, g_hash_table_unref);
    g_clear_pointer(&n->leaves, g_ptr_array_unref);
    g_clear_pointer(&n->rest, g_ptr_array_unref);
    node_free(n->any);
    g_free(n);
}

static void leaf_free(gpointer data)
{
    leaf *l = data;
    g_free(l->method);
    g_strfreev(l->names);
    g_free(l);
}

router *router_new(GDestroyNotify free_target)
{
    router *r = g_new0(router, 1);
    r->root = node_new();
    r->free_target = free_target;
    return r;
}

static void free_targets(const node *n, GDestroyNotify free_target)
{
    const GPtrArray *lists[] = {n->leaves, n->rest};
    for (guint l = 0; l < G_N_ELEMENTS(lists); l++)
        for (guint i = 0; lists[l] && i < lists[l]->len; i++)
            free_target(((leaf *)g_ptr_array_index(lists[l], i))->target);
    if (n->any)
        free_targets(n->any, free_target);
    if (!n->literals)
        return;
    GHashTableIter each;
    gpointer child;
    g_hash_table_iter_init(&each, n->literals);
    while (g_hash_table_iter_next(&each, NULL, &child))
        free_targets(child, free_target);
}

void router_free(router *r)
{
    if (!r)
        return;
    if (r->free_target)
        free_targets(r->root, r->free_target);
    node_free(r->root);
    g_free(r);
}

static node *literal_child(node *n, const char *segment)
{
    if (!n->literals)
        n->literals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, node_free);
    node *child = g_hash_table_lookup(n->literals, segment);
    if (!child) {
        child = node_new();
        g_hash_table_insert(n->literals, g_strdup(segment), child);
    }
    return child;
}

static leaf *leaf_of(const GPtrArray *leaves, const char *method)
{
    for (guint i = 0; leaves && i < leaves->len; i++) {
        leaf *l = g_ptr_array_index(leaves, i);
        if (strcmp(l->method, method) == 0)
            return l;
    }
    return NULL;
}

static void add_leaf(GPtrArray **leaves, const char *method, GPtrArray *names, gpointer target)
{
    if (!*leaves)
        *leaves = g_ptr_array_new_with_free_func(leaf_free);
    g_assert(!leaf_of(*leaves, method));
    leaf *l = g_new0(leaf, 1);
    l->method = g_strdup(method);
    g_ptr_array_add(names, NULL);
    l->names = (char **)g_ptr_array_free(names, FALSE);
    l->target = target;
    g_ptr_array_add(*leaves, l);
}

/* The name inside "{name}" or "{name...}", or NULL for a literal. *rest tells which. You own it. */
static char *placeholder(const char *segment, bool *rest)
{
    gsize length = strlen(segment);
    *rest = g_str_has_suffix(segment, "...}");
    if (length < 3 || segment[0] != '{' || segment[length - 1] != '}')
        return NULL;
    return g_strndup(segment + 1, length - 2 - (*rest ? 3 : 0));
}

void router_add(router *r, const char *method, const char *pattern, gpointer target)
{
    g_assert(pattern[0] == '/');
    g_auto(GStrv) segments = g_strsplit(pattern + 1, "/", -1);
    GPtrArray *names = g_ptr_array_new();
    node *at =
        segments[0] ? r->root : literal_child(r->root, ""); /* "/" has one segment, an empty one */
    for (guint i = 0; segments[i]; i++) {
        bool rest;
        char *name = placeholder(segments[i], &rest);
        if (!name) {
            at = literal_child(at, segments[i]);
            continue;
        }
        g_ptr_array_add(names, name);
        g_assert(names->len <= ROUTER_PARAMS_MAX);
        if (rest) {
            g_assert(!segments[i + 1]);
            add_leaf(&at->rest, method, names, target);
            return;
        }
        if (!at->any)
            at->any = node_new();
        at = at->any;
    }
    add_leaf(&at->leaves, method, names, target);
}

static leaf *take_leaf(search *s, const GPtrArray *leaves)
{
    leaf *l = leaf_of(leaves, s->method);
    if (!l && strcmp(s->method, "HEAD") == 0)
        l = leaf_of(leaves, "GET");
    if (l || !leaves)
        return l;
    s->other_method = true;
    for (guint i = 0; s->others && i < leaves->len; i++)
        g_ptr_array_add(s->others, ((leaf *)g_ptr_array_index(leaves, i))->method);
    return NULL;
}

static leaf *walk(const node *n, const char *path, guint depth, search *s);

static leaf *walk_literal(const node *n, router_slice segment, const char *next, guint depth,
                          search *s)
{
    if (!n->literals || segment.length > 64)
        return NULL;
    char key[65];
    memcpy(key, segment.text, segment.length);
    key[segment.length] = '\0';
    const node *child = g_hash_table_lookup(n->literals, key);
    return child ? walk(child, next, depth + 1, s) : NULL;
}

static leaf *walk_value(const node *n, router_slice segment, const char *next, guint depth,
                        search *s)
{
    if (!n->any || segment.length == 0 || s->count == ROUTER_PARAMS_MAX)
        return NULL;
    s->values[s->count++] = segment;
    leaf *l = walk(n->any, next, depth + 1, s);
    if (!l)
        s->count--;
    return l;
}

static leaf *walk_rest(const node *n, const char *rest, search *s)
{
    leaf *l = n->rest && s->count < ROUTER_PARAMS_MAX ? take_leaf(s, n->rest) : NULL;
    if (l)
        s->values[s->count++] = (router_slice){rest, strlen(rest)};
    return l;
}

/* `path` is what is left, without its slash in front; NULL: nothing is left. */
static leaf *walk(const node *n, const char *path, guint depth, search *s)
{
    if (!path)
        return take_leaf(s, n->leaves);
    if (depth < ROUTER_DEPTH_MAX) {
        const char *slash = strchr(path, '/');
        router_slice segment = {path, slash ? (gsize)(slash - path) : strlen(path)};
        const char *next = slash ? slash + 1 : NULL;
        leaf *l = walk_literal(n, segment, next, depth, s);
        if (!l)
            l = walk_value(n, segment, next, depth, s);
        if (l)
            return l;
    }
    return walk_rest(n, path, s);
}

router_verdict router_find(const router *r, const char *method, const char *path,
                           router_match *match)
{
    search s = {.method = method};
    leaf *l = path[0] == '/' ? walk(r->root, path + 1, 0, &s) : NULL;
    if (!l)
        return s.other_method ? ROUTER_OTHER_METHOD : ROUTER_NONE;
    match->target = l->target;
    match->names = (const char *const *)l->names;
    memcpy(match->values, s.values, sizeof s.values);
    return ROUTER_FOUND;
}

char *router_allow(const router *r, const char *path)
{
    g_autoptr(GPtrArray) others = g_ptr_array_new();
    search s = {.method = "", .others = others};
    if (path[0] == '/')
        walk(r->root, path + 1, 0, &s);
    GString *allow = g_string_new(NULL);
    for (guint i = 0; i < others->len; i++) {
        const char *method = g_ptr_array_index(others, i);
        if (i > 0)
            g_string_append(allow, ", ");
        g_string_append(allow, method);
        if (strcmp(method, "GET") == 0)
            g_string_append(allow, ", HEAD");
    }
    return g_string_free(allow, FALSE);
}

static bool dots_only(const char *segment, gsize length)
{
    return (length == 1 || length == 2) && segment[0] == '.' && segment[length - 1] == '.';
}

bool router_path_ok(const char *path, gsize length)
{
    if (length == 0 || length > ROUTER_PATH_MAX || path[0] != '/' ||
        !g_utf8_validate(path, length, NULL))
        return false;
    gsize start = 1;
    for (gsize i = 1; i <= length; i++) {
        if (i < length && ((unsigned char)path[i] < 0x20 || path[i] == 0x7f))
            return false;
        if (i < length && path[i] != '/')
            continue;
        if (dots_only(path + start, i - start))
            return false;
        start = i + 1;
    }
    return true;
}
