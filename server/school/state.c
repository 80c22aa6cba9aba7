#include "school/state.h"

#include <string.h>

static const char *const words[COURSE_STATES] = {"draft", "in_review", "published", "retired"};
static const char *const deeds[] = {"submitted", "withdrawn from review", "rejected", "published",
                                    "retired"};

const char *course_state_word(course_state state)
{
    return words[state];
}

bool course_state_parse(const char *word, course_state *state)
{
    for (int i = 0; i < COURSE_STATES; i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        *state = (course_state)i;
        return true;
    }
    return false;
}

/* A review that ends without publishing leads to COURSE_DRAFT, or back to COURSE_PUBLISHED. */
static const struct {
    course_state from;
    course_deed deed;
    course_state to;
} moves[] = {
    {COURSE_DRAFT, DEED_SUBMIT, COURSE_IN_REVIEW},
    {COURSE_DRAFT, DEED_PUBLISH, COURSE_PUBLISHED},
    {COURSE_DRAFT, DEED_RETIRE, COURSE_RETIRED},
    {COURSE_IN_REVIEW, DEED_WITHDRAW, COURSE_DRAFT},
    {COURSE_IN_REVIEW, DEED_REJECT, COURSE_DRAFT},
    {COURSE_IN_REVIEW, DEED_PUBLISH, COURSE_PUBLISHED},
    {COURSE_IN_REVIEW, DEED_RETIRE, COURSE_RETIRED},
    {COURSE_PUBLISHED, DEED_SUBMIT, COURSE_IN_REVIEW},
    {COURSE_PUBLISHED, DEED_PUBLISH, COURSE_PUBLISHED},
    {COURSE_PUBLISHED, DEED_RETIRE, COURSE_RETIRED},
    {COURSE_RETIRED, DEED_PUBLISH, COURSE_PUBLISHED},
};

bool course_state_after(course_state from, course_deed deed, bool published, course_state *to,
                        GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(moves); i++) {
        if (moves[i].from != from || moves[i].deed != deed)
            continue;
        *to = moves[i].to == COURSE_DRAFT && published ? COURSE_PUBLISHED : moves[i].to;
        return true;
    }
    error_set(error, ERROR_CONFLICT, "course_state", NULL, "A course that is %s cannot be %s",
              words[from], deeds[deed]);
    return false;
}

bool course_state_shows(course_state state, bool published)
{
    return published && state != COURSE_RETIRED;
}
