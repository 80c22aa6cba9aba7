#include "api/title_right.h"

#include "school/school.h"
#include "storage/storage.h"
#include "transcode/asset.h"

static bool is_staff(const person *who)
{
    return who->id != 0 &&
           (who->role == ROLE_STAFF || who->role == ROLE_ADMIN || who->role == ROLE_ASSISTANT);
}

/* *found is false when the title is no class. */
static bool find_class(records *db, const char *title_id, live_class *is, bool *found,
                       GError **error)
{
    g_autoptr(GError) why = NULL;
    *found = live_class_read_title(db, title_id, is, &why);
    if (*found || error_is(why, ERROR_MISSING))
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

/* Who leads the first course this title is a lesson of, or `asks`, if one is theirs. */
static bool leader_of(records *db, int64_t asks, const char *title_id, int64_t *leader,
                      GError **error)
{
    *leader = 0;
    g_autoptr(GArray) lessons = school_lessons_of_title(db, title_id, error);
    for (guint i = 0; lessons && i < lessons->len; i++) {
        school_course course;
        if (!school_course_read(db, g_array_index(lessons, school_lesson, i).course_id, &course,
                                error))
            return false;
        if (*leader == 0 || course.owner == asks)
            *leader = course.owner;
    }
    return lessons != NULL;
}

static bool asset_owner(records *db, const char *title_id, int64_t *owner, GError **error)
{
    asset is;
    bool found;
    *owner = 0;
    if (!asset_of_title(db, title_id, &is, &found, error))
        return false;
    if (!found)
        return true;
    *owner = is.owner;
    asset_clear(&is);
    return true;
}

bool title_owner(records *db, int64_t asks, const char *title_id, int64_t *owner, GError **error)
{
    live_class is;
    bool of_class;
    *owner = 0;
    if (!find_class(db, title_id, &is, &of_class, error))
        return false;
    if (of_class) {
        *owner = is.master;
        return true;
    }
    return asset_owner(db, title_id, owner, error) &&
           (*owner != 0 || leader_of(db, asks, title_id, owner, error));
}

static bool is_of_house(records *db, int64_t id, bool *is, GError **error)
{
    person who;
    if (!people_by_id(db, id, &who, error))
        return false;
    *is = who.role == ROLE_STAFF || who.role == ROLE_ADMIN;
    return true;
}

bool title_is_foreign(records *db, const person *who, int64_t leader, int64_t owner, bool *foreign,
                      GError **error)
{
    bool leads_house, owns_house;
    *foreign = false;
    if (owner == 0 || owner == leader)
        return true;
    if (!is_of_house(db, leader, &leads_house, error) ||
        !is_of_house(db, owner, &owns_house, error))
        return false;
    *foreign = !leads_house && (!owns_house || who->role == ROLE_MASTER);
    return true;
}

/* It is the house's, and the house put it into a course of theirs. */
static bool was_lent(records *db, const person *who, const char *title_id, int64_t owner,
                     bool *lent, GError **error)
{
    int64_t leader;
    *lent = false;
    if (owner == 0)
        return true;
    if (!is_of_house(db, owner, lent, error) ||
        (*lent && !leader_of(db, who->id, title_id, &leader, error)))
        return false;
    *lent = *lent && leader == who->id;
    return true;
}

static bool keeps(records *db, const person *who, const char *title_id, bool *may, GError **error)
{
    int64_t owner;
    *may = is_staff(who);
    if (*may || who->id == 0)
        return true;
    if (!title_owner(db, who->id, title_id, &owner, error))
        return false;
    *may = owner == who->id;
    return *may || was_lent(db, who, title_id, owner, may, error);
}

bool title_may_keep(records *db, const person *who, const char *title_id, GError **error)
{
    bool may;
    if (!keeps(db, who, title_id, &may, error))
        return false;
    if (!may)
        error_set(error, ERROR_DENIED, "not_your_class", NULL,
                  "Only its master and staff may change this");
    return may;
}

static bool is_known(records *db, const char *title_id, bool of_class, GError **error)
{
    g_autoptr(GArray) lessons = of_class ? NULL : school_lessons_of_title(db, title_id, error);
    if (lessons && lessons->len == 0 && storage_still_there(db, title_id, error))
        error_set(error, ERROR_MISSING, "title_missing", NULL, "There is no such class or lesson");
    return of_class || (lessons && lessons->len > 0);
}

bool title_may_see(records *db, const person *who, const char *title_id, GError **error)
{
    bool may, of_class;
    live_class is = {0};
    viewing_verdict verdict;
    if (!keeps(db, who, title_id, &may, error))
        return false;
    if (may)
        return true;
    if (!find_class(db, title_id, &is, &of_class, error) ||
        !is_known(db, title_id, of_class, error) ||
        !viewing_of_title(db, who, title_id, is.master, &verdict, error))
        return false;
    viewing_refuse(&verdict, error);
    return verdict.need == NEED_NOTHING;
}
