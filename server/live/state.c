#include <string.h>

#include "live/inside.h"

static const char *const words[] = {
    [CLASS_PLANNED] = "planned",         [CLASS_WAITING] = "waiting", [CLASS_ON_AIR] = "on_air",
    [CLASS_INTERRUPTED] = "interrupted", [CLASS_CLOSING] = "closing", [CLASS_CLOSED] = "closed",
    [CLASS_FAILED] = "failed",
};

const char *class_state_word(class_state state)
{
    return words[state];
}

bool class_state_parse(const char *word, class_state *state)
{
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i], word) == 0) {
            *state = (class_state)i;
            return true;
        }
    }
    return false;
}

#define TO(state) (1u << CLASS_##state)

/* A failed class may be tried again by its publisher, and closed. */
bool class_move_is_lawful(class_state from, class_state to)
{
    static const guint lawful[] = {
        [CLASS_PLANNED] = TO(WAITING) | TO(CLOSING) | TO(FAILED),
        [CLASS_WAITING] = TO(PLANNED) | TO(ON_AIR) | TO(CLOSING) | TO(FAILED),
        [CLASS_ON_AIR] = TO(INTERRUPTED) | TO(CLOSING) | TO(FAILED),
        [CLASS_INTERRUPTED] = TO(ON_AIR) | TO(CLOSING) | TO(FAILED),
        [CLASS_CLOSING] = TO(CLOSED) | TO(FAILED),
        [CLASS_CLOSED] = 0,
        [CLASS_FAILED] = TO(WAITING) | TO(INTERRUPTED) | TO(CLOSING),
    };
    return lawful[from] & (1u << to);
}
