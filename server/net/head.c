#include "net/head.h"

#include <stddef.h>
#include <string.h>

#include "net/router.h"

typedef struct {
    const char *name, *value; /* lower-case; without blanks around it */
} field;

struct head {
    char *method, *path, *query; /* query: raw, NULL if there is no '?' */
    bool is_1_1;
    guint count;
    field fields[HEAD_FIELDS_MAX];
    GSList *joined; /* values made of several, freed with the head */
    char bytes[];   /* a copy, cut up in place */
};

/* ---- bytes ---- */

/* RFC 9110 5.6.2. A table: each letter of each name is asked for. */
static const bool token_letters[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true,  ['#'] = true,
    ['$'] = true,         ['%'] = true,         ['&'] = true,         ['\''] = true, ['*'] = true,
    ['+'] = true,         ['-'] = true,         ['.'] = true,         ['^'] = true,  ['_'] = true,
    ['`'] = true,         ['|'] = true,         ['~'] = true,
};

static bool is_token(char c)
{
    return token_letters[(unsigned char)c];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* RFC 9110 5.5: visible bytes, blanks, and what is not ASCII. */
static bool is_value_byte(char c)
{
    return (unsigned char)c >= 0x20 ? c != 0x7f : c == '\t';
}

/* Decodes escapes in place. False: an escape that is none, or a NUL. */
static bool decode(char *text, bool plus_is_blank)
{
    char *to = text;
    for (const char *at = text; *at; at++) {
        char c = *at == '+' && plus_is_blank ? ' ' : *at;
        if (c == '%') {
            if (!g_ascii_isxdigit(at[1]) || !g_ascii_isxdigit(at[2]))
                return false;
            c = (char)(g_ascii_xdigit_value(at[1]) << 4 | g_ascii_xdigit_value(at[2]));
            at += 2;
        }
        if (c == '\0')
            return false;
        *to++ = c;
    }
    *to = '\0';
    return true;
}

gsize head_length(const char *bytes, gsize length)
{
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    return end ? (gsize)(end - bytes) + 4 : 0;
}

/* ---- the request line ---- */

/* "http://host" in front of a path says nothing the Host field does not say (RFC 9112 3.2.2). */
static char *skip_authority(char *target)
{
    gsize scheme = g_ascii_strncasecmp(target, "http://", 7) == 0    ? 7
                   : g_ascii_strncasecmp(target, "https://", 8) == 0 ? 8
                                                                     : 0;
    return scheme ? strchr(target + scheme, '/') : target;
}

static bool take_target(head *h, char *target)
{
    for (const char *at = target; *at; at++)
        if ((unsigned char)*at <= 0x20 || *at == 0x7f || *at == '#')
            return false;
    h->path = skip_authority(target);
    if (!h->path)
        return false;
    h->query = strchr(h->path, '?');
    if (h->query)
        *h->query++ = '\0';
    return decode(h->path, false) && router_path_ok(h->path, strlen(h->path));
}

static bool take_request_line(head *h, char *line)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || target == line || target - line > HEAD_METHOD_MAX)
        return false;
    *target++ = *version++ = '\0';
    for (const char *at = line; *at; at++)
        if (!is_token(*at))
            return false;
    h->method = line;
    h->is_1_1 = strcmp(version, "HTTP/1.1") == 0;
    return (h->is_1_1 || strcmp(version, "HTTP/1.0") == 0) && take_target(h, target);
}

/* ---- fields ---- */

static bool take_name(char *line, const char *colon)
{
    if (colon == line)
        return false;
    for (char *at = line; at < colon; at++) {
        if (!is_token(*at))
            return false;
        if (*at >= 'A' && *at <= 'Z')
            *at += 'a' - 'A';
    }
    return true;
}

static bool take_field(head *h, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon || h->count == HEAD_FIELDS_MAX || !take_name(line, colon))
        return false;
    char *value = colon + 1;
    char *end = value + strlen(value);
    while (is_blank(*value))
        value++;
    while (end > value && is_blank(end[-1]))
        end--;
    *colon = *end = '\0';
    for (const char *at = value; *at; at++)
        if (!is_value_byte(*at))
            return false;
    h->fields[h->count++] = (field){line, value};
    return true;
}

/* Most names differ in their first letter. */
static bool is_named(const field *f, const char *name)
{
    return f->name[0] == name[0] && strcmp(f->name, name) == 0;
}

static guint count_of(const head *h, const char *name)
{
    guint count = 0;
    for (guint i = 0; i < h->count; i++)
        count += is_named(&h->fields[i], name);
    return count;
}

/* Said twice they could mean one thing to us and another to somebody in between. */
static bool is_plain(const head *h)
{
    return count_of(h, "host") == (h->is_1_1 ? 1 : MIN(count_of(h, "host"), 1)) &&
           count_of(h, "content-length") <= 1 && count_of(h, "transfer-encoding") <= 1;
}

static bool take_lines(head *h)
{
    char *line = h->bytes;
    for (bool first = true; *line; first = false) {
        char *end = strchr(line, '\r'); /* a bare one is refused wherever it stands */
        if (!end || end[1] != '\n')
            return false;
        *end = '\0';
        if (line == end) /* the empty line at the end */
            return !first && is_plain(h);
        if (!(first ? take_request_line(h, line) : take_field(h, line)))
            return false;
        line = end + 2;
    }
    return false;
}

head *head_parse(const char *bytes, gsize length)
{
    if (memchr(bytes, '\0', length))
        return NULL;
    head *h = g_malloc(sizeof *h + length + 1);
    memset(h, 0, offsetof(head, fields)); /* `count` of them are set */
    h->joined = NULL;
    memcpy(h->bytes, bytes, length);
    h->bytes[length] = '\0';
    if (!take_lines(h))
        g_clear_pointer(&h, head_free);
    return h;
}

void head_free(head *h)
{
    if (!h)
        return;
    g_slist_free_full(h->joined, g_free);
    g_free(h);
}

/* ---- asking ---- */

const char *head_method(const head *h)
{
    return h->method;
}

const char *head_path(const head *h)
{
    return h->path;
}

static const char *join(head *h, const char *name)
{
    const char *between = strcmp(name, "cookie") == 0 ? "; " : ", ";
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < h->count; i++) {
        if (!is_named(&h->fields[i], name))
            continue;
        g_string_append(all, all->len > 0 ? between : "");
        g_string_append(all, h->fields[i].value);
    }
    h->joined = g_slist_prepend(h->joined, g_string_free(all, FALSE));
    return h->joined->data;
}

const char *head_field(const head *h, const char *name)
{
    const char *found = NULL;
    for (guint i = 0; i < h->count; i++) {
        if (!is_named(&h->fields[i], name))
            continue;
        if (found)
            return join((head *)h, name); /* keeping what it joined is nothing the caller can see */
        found = h->fields[i].value;
    }
    return found;
}

char *head_query(const head *h, const char *name)
{
    gsize length = strlen(name);
    for (const char *at = h->query; at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
        if (strncmp(at, name, length) != 0 || at[length] != '=')
            continue;
        const char *value = at + length + 1;
        char *text = g_strndup(value, strcspn(value, "&"));
        if (decode(text, true) && g_utf8_validate(text, -1, NULL))
            return text;
        g_free(text);
        return NULL;
    }
    return NULL;
}

bool head_stays_open(const head *h)
{
    const char *connection = head_field(h, "connection");
    return h->is_1_1 && !(connection && strcasestr(connection, "close"));
}

bool head_expects_100(const head *h)
{
    const char *expect = head_field(h, "expect");
    return h->is_1_1 && expect && g_ascii_strcasecmp(expect, "100-continue") == 0;
}

head_body_kind head_body(const head *h, int64_t *length)
{
    const char *declared = head_field(h, "content-length");
    guint64 value = 0;
    *length = 0;
    if (head_field(h, "transfer-encoding"))
        return declared ? HEAD_BODY_WRONG : HEAD_BODY_CHUNKED;
    if (!declared)
        return HEAD_BODY_NONE;
    if (!g_ascii_string_to_unsigned(declared, 10, 0, G_MAXINT64, &value, NULL))
        return HEAD_BODY_WRONG;
    *length = (int64_t)value;
    return value > 0 ? HEAD_BODY_LENGTH : HEAD_BODY_NONE;
}
