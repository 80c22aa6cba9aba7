/*
 * The closed lists of words a course is made of: kinds of lessons, general modules, kinds of masters.
 *
 * The general modules and the kinds of masters are those of the founding policy document (通用职业素质 and so on, and
 * the nine kinds of 高技能领军人才).
 *
 * Runs on: any thread.
 * Memory:  words are static.
 */
#ifndef SCHOOL_KINDS_H
#define SCHOOL_KINDS_H

#include <glib.h>
#include <stdbool.h>

typedef enum { LESSON_VIDEO, LESSON_AUDIO, LESSON_LIVE, LESSON_DOCUMENT, LESSON_LINK } lesson_kind;
#define LESSON_KINDS 5
const char *lesson_kind_word(lesson_kind kind); /* "video" */
bool lesson_kind_parse(const char *word, lesson_kind *kind);
/* It has a title: it takes time, and counts. */
bool lesson_kind_counts(lesson_kind kind);

typedef enum {
    MODULE_NONE,     /* the trade itself */
    MODULE_QUALITY,  /* 通用职业素质 */
    MODULE_LAW,      /* 法律法规 */
    MODULE_GUIDANCE, /* 职业指导 */
    MODULE_SAFETY,   /* 安全生产 */
    MODULE_FIRE,     /* 消防环保 */
    MODULE_HEALTH,   /* 健康卫生 */
    MODULE_EPIDEMIC  /* 疫病防控 */
} general_module;
#define GENERAL_MODULES 8 /* with MODULE_NONE */
#define MODULE_BIT(module) (1u << (module))
const char *general_module_word(general_module module); /* "safety"; "" of MODULE_NONE */
bool general_module_parse(const char *word, general_module *module);
/* "safety, law": a mask of MODULE_BIT. False: one of the words is none; "" is none at all. */
bool general_modules_parse(const char *words, guint *modules);

typedef enum {
    MASTER_OTHER,
    MASTER_GRAND_AWARD,  /* 中华技能大奖获得者 */
    MASTER_EXPERT,       /* 全国技术能手 */
    MASTER_SKILL_MASTER, /* 技能大师 */
    MASTER_WORLDSKILLS,  /* 世界技能大赛专家教练和获奖选手 */
    MASTER_MODEL,        /* 岗位技能标兵 */
    MASTER_HERITAGE,     /* 非遗传承人 */
    MASTER_CRAFT,        /* 绝招绝技绝活手艺人 */
    MASTER_WORK_METHOD,  /* 企业生产作业工作法创造人 */
    MASTER_RURAL         /* 优秀乡土技能人才 */
} master_kind;
#define MASTER_KINDS 10
const char *master_kind_word(master_kind kind); /* "heritage" */
bool master_kind_parse(const char *word, master_kind *kind);

/* The lists themselves, ended by NULL, for who checks words. */
extern const char *const lesson_kind_words[];
extern const char *const general_module_words[];
extern const char *const master_kind_words[];

#endif
