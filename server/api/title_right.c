#include "api/title_right.h"

#include "school/school.h"
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

/* One of the courses this title is a lesson of is theirs. */
static bool leads_lesson(records *db, const person *who, const char *title_id, bool *leads,
                         GError **error)
{
    *leads = false;
    g_autoptr(GArray) lessons = school_lessons_of_title(db, title_id, error);
    for (guint i = 0; lessons && !*leads && i < lessons->len; i++) {
        school_course course;
        if (!school_course_read(db, g_array_index(lessons, school_lesson, i).course_id, &course,
                                error))
            return false;
        *leads = course.owner == who->id;
    }
    return lessons != NULL;
}

/* It was made of a file of theirs. */
static bool owns_asset(records *db, const person *who, const char *title_id, bool *owns,
                       GError **error)
{
    asset is;
    bool found;
    if (!asset_of_title(db, title_id, &is, &found, error))
        return false;
    *owns = found && asset_may(who, is.owner);
    if (found)
        asset_clear(&is);
    return true;
}

static bool keeps(records *db, const person *who, const char *title_id, bool *may, GError **error)
{
    live_class is;
    bool of_class;
    *may = is_staff(who);
    if (*may || who->id == 0)
        return true;
    if (!find_class(db, title_id, &is, &of_class, error))
        return false;
    *may = of_class && is.master == who->id;
    return *may || (leads_lesson(db, who, title_id, may, error) &&
                    (*may || owns_asset(db, who, title_id, may, error)));
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
    if (lessons && lessons->len == 0)
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
