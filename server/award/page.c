/*
 * The public page behind a certificate's QR code: plain HTML for any browser, one language first, the other beside
 * each word. It tells a masked name only.
 */
#include "award/award.h"

/* A sentence in both languages. */
typedef struct {
    const char *chinese, *english;
} words;

typedef struct {
    GString *out;
    bool english; /* first */
} page;

static const words page_title = {"培训合格证明核验", "Certificate verification"};
static const words valid = {"证明有效", "This certificate is valid"};
static const words revoked = {"证明已撤销", "This certificate has been revoked"};
static const words unknown = {"没有找到这份证明", "No such certificate"};
static const words valid_hint = {"以下内容由签发机构的系统当场给出。",
                                 "What follows comes from the issuer's records."};
static const words revoked_hint = {"这份证明自撤销之日起不再有效。",
                                   "It is no longer valid since the day it was revoked."};
static const words unknown_hint = {"请核对二维码或网址是否完整。",
                                   "Please check that the code or address is complete."};
static const words no_level = {
    "本证明记录一次线上培训的完成情况，不是职业资格证书，也不是职业技能等级证书。",
    "A record of training, not a vocational qualification."};
static const words evidence_hint = {
    "学习记录链在签发时的摘要，任何改动都会使它对不上。",
    "Digest of the chain of learning records at issue; any change breaks it."};

static void escape(GString *out, const char *text)
{
    g_autofree char *safe = g_markup_escape_text(text, -1);
    g_string_append(out, safe);
}

/* The other language follows in a smaller span of its own. */
static void say(page *p, const words *what)
{
    escape(p->out, p->english ? what->english : what->chinese);
    g_string_append_printf(p->out, " <span class=\"other\" lang=\"%s\">",
                           p->english ? "zh-CN" : "en");
    escape(p->out, p->english ? what->chinese : what->english);
    g_string_append(p->out, "</span>");
}

static void head(page *p)
{
    g_string_append_printf(
        p->out,
        "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"robots\" content=\"noindex, nofollow\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"format-detection\" content=\"telephone=no\">\n"
        "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n"
        "<link rel=\"stylesheet\" href=\"/verify/style.css\">\n<title>",
        p->english ? "en" : "zh-CN");
    escape(p->out, p->english ? page_title.english : page_title.chinese);
    g_string_append(p->out,
                    " · 匠堂</title>\n</head>\n<body>\n<main>\n<header><span class=\"mark\" "
                    "aria-hidden=\"true\">匠</span><p>");
    say(p, &page_title);
    g_string_append(p->out, "</p></header>\n");
}

/* A seam 320 units long: a short bead and its ripples. */
static void bead(page *p)
{
    g_string_append(
        p->out,
        "<svg class=\"bead\" viewBox=\"0 0 320 8\" preserveAspectRatio=\"xMinYMid slice\" "
        "aria-hidden=\"true\"><path class=\"metal\" d=\"M4 4H316\"/><path class=\"ripple\" d=\"");
    for (int x = 6; x < 316; x += 8)
        g_string_append_printf(p->out, "M%d 1.2q3.4 2.8 0 5.6", x);
    g_string_append(p->out, "\"/></svg>\n");
}

static void verdict(page *p, const char *kind, const char *sign, const words *what,
                    const words *hint)
{
    g_string_append_printf(
        p->out,
        "<section class=\"verdict %s\"><svg viewBox=\"0 0 24 24\" aria-hidden=\"true\">"
        "<path d=\"%s\"/></svg><div><h1>",
        kind, sign);
    say(p, what);
    g_string_append(p->out, "</h1><p>");
    say(p, hint);
    g_string_append(p->out, "</p></div></section>\n");
}

static void row_begin(page *p, const char *chinese, const char *english)
{
    const words label = {chinese, english};
    g_string_append(p->out, "<div><dt>");
    say(p, &label);
    g_string_append(p->out, "</dt><dd>");
}

static void row(page *p, const char *chinese, const char *english, const char *value)
{
    row_begin(p, chinese, english);
    escape(p->out, value);
    g_string_append(p->out, "</dd></div>\n");
}

static void row_dates(page *p, const char *chinese, const char *english, int64_t from_ms,
                      int64_t to_ms)
{
    g_autofree char *from = award_date_text(from_ms, p->english);
    g_autofree char *to = award_date_text(to_ms, p->english);
    g_autofree char *both =
        g_str_equal(from, to) ? g_strdup(from) : g_strdup_printf("%s – %s", from, to);
    row(p, chinese, english, both);
}

static void row_minutes(page *p, int32_t minutes, int32_t hour_minutes)
{
    g_autofree char *hours = award_hours_text(minutes, hour_minutes);
    g_autofree char *text = p->english ? g_strdup_printf("%d minutes", minutes)
                            : minutes < hour_minutes
                                ? g_strdup(hours)
                                : g_strdup_printf("%d 分钟，计 %s", minutes, hours);
    row(p, "认定学习时间", "Credited learning", text);
}

static void row_evidence(page *p, const char *evidence)
{
    row_begin(p, "学习证据根", "Evidence root");
    g_string_append(p->out, "<code>");
    escape(p->out, *evidence ? evidence : "—");
    g_string_append(p->out, "</code><p>");
    say(p, &evidence_hint);
    g_string_append(p->out, "</p></dd></div>\n");
}

static void facts(page *p, const award_certificate *is)
{
    g_autofree char *name = award_mask_name(is->person_name);
    g_string_append(p->out, "<dl>\n");
    row(p, "姓名", "Name", name);
    row(p, "课程", "Course", is->course_title);
    row_minutes(p, is->minutes, is->hour_minutes);
    row_dates(p, "培训起止", "Training period", is->from_ms, is->to_ms);
    row_dates(p, "签发日期", "Date of issue", is->issued_ms, is->issued_ms);
    if (is->revoked_ms)
        row_dates(p, "撤销日期", "Date of revocation", is->revoked_ms, is->revoked_ms);
    row(p, "签发机构", "Issuer", is->issuer);
    row(p, "证书编号", "Certificate No.", is->serial);
    row_evidence(p, is->evidence);
    g_string_append(p->out, "</dl>\n<footer><p>");
    say(p, &no_level);
    g_string_append(p->out, "</p></footer>\n");
}

char *award_verify_html(const award_certificate *certificate, bool english)
{
    page p = {.out = g_string_sized_new(8192), .english = english};
    head(&p);
    if (!certificate)
        verdict(&p, "unknown", "M12 7v6m0 4v.01", &unknown, &unknown_hint);
    else if (certificate->revoked_ms)
        verdict(&p, "revoked", "M8 8l8 8m0-8l-8 8", &revoked, &revoked_hint);
    else
        verdict(&p, "valid", "M6.5 12.5l3.8 3.8 7.2-8", &valid, &valid_hint);
    bead(&p);
    if (certificate)
        facts(&p, certificate);
    g_string_append(p.out, "</main>\n</body>\n</html>\n");
    return g_string_free(p.out, FALSE);
}

const char *award_verify_style(void)
{
    return ":root{color-scheme:light "
           "dark;--bg:#F3F5F7;--card:#FFF;--line:#E0E5EA;--ink:#17202A;--ink2:#4A5766;"
           "--blue:#0B5CAD;--on-blue:#FFF;--bead:#D25C0C;--ripple:#A3470A;--ok:#1B7A43;--ok-soft:#"
           "E3F4EA;"
           "--warn:#A3470A;--warn-soft:#FFE3C9;--none:#4A5766;--none-soft:#E0E5EA}\n"
           "@media "
           "(prefers-color-scheme:dark){:root{--bg:#0F141A;--card:#171F28;--line:#28323E;--ink:#"
           "E8EDF2;"
           "--ink2:#B0BBC7;--blue:#74B6FF;--on-blue:#06223D;--bead:#FF9440;--ripple:#B85A12;--ok:#"
           "6FD69A;"
           "--ok-soft:#12331F;--warn:#FFB27A;--warn-soft:#4A2C12;--none:#B0BBC7;--none-soft:#"
           "28323E}}\n"
           "*{box-sizing:border-box}\n"
           "body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 \"PingFang "
           "SC\",\"HarmonyOS Sans SC\","
           "MiSans,\"Noto Sans SC\",\"Noto Sans CJK SC\",\"Microsoft YaHei\",system-ui,sans-serif;"
           "-webkit-text-size-adjust:100%}\n"
           "main{max-width:35rem;margin:0 auto;padding:1rem 1rem 2rem}\n"
           "header{display:flex;align-items:center;gap:.625rem;padding:.25rem 0 1rem}\n"
           "header p{margin:0;font-weight:600}\n"
           ".mark{display:grid;place-items:center;width:2rem;height:2rem;border-radius:.5rem;"
           "background:var(--blue);"
           "color:var(--on-blue);font-weight:700;font-size:1.125rem}\n"
           ".other{display:block;font-size:.75rem;font-weight:400;color:var(--ink2)}\n"
           ".verdict{display:flex;gap:.875rem;align-items:flex-start;background:var(--card);"
           "border:1px solid var(--line);border-radius:.75rem .75rem 0 "
           "0;border-bottom:0;padding:1.25rem 1rem}\n"
           ".verdict "
           "svg{flex:none;width:2.75rem;height:2.75rem;border-radius:50%;padding:.375rem;fill:none;"
           "stroke:currentColor;stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}\n"
           ".verdict h1{margin:0;font-size:1.25rem;line-height:1.35}\n"
           ".verdict p{margin:.5rem 0 0;font-size:.9375rem}\n"
           ".verdict h1 .other{font-size:.8125rem}\n"
           ".valid svg{color:var(--ok);background:var(--ok-soft)}.valid h1{color:var(--ok)}\n"
           ".revoked svg{color:var(--warn);background:var(--warn-soft)}.revoked "
           "h1{color:var(--warn)}\n"
           ".unknown svg{color:var(--none);background:var(--none-soft)}\n"
           ".bead{display:block;width:100%;height:.5rem;background:var(--card);border:solid "
           "var(--line);"
           "border-width:0 1px}\n"
           ".bead path{fill:none;stroke-linecap:round}.metal{stroke:var(--bead);stroke-width:7}"
           ".ripple{stroke:var(--ripple);stroke-width:1.2}\n"
           ".revoked~.bead .metal,.unknown~.bead .metal{stroke:var(--none-soft)}"
           ".revoked~.bead .ripple,.unknown~.bead .ripple{stroke:none}\n"
           "dl{margin:0;background:var(--card);border:1px solid var(--line);border-top:0;"
           "border-radius:0 0 .75rem .75rem;padding:.5rem 1rem}\n"
           "dl div{padding:.75rem 0;border-bottom:1px solid var(--line)}dl "
           "div:last-child{border-bottom:0}\n"
           "dt{font-size:.8125rem;color:var(--ink2)}dt .other{display:inline;margin-left:.25rem}\n"
           "dd{margin:.125rem 0 "
           "0;font-size:1.0625rem;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}\n"
           "dd p{margin:.25rem 0 0;font-size:.8125rem;color:var(--ink2)}\n"
           "code{font:.8125rem/1.5 ui-monospace,Menlo,Consolas,monospace}\n"
           ".bead:last-child{border-bottom-width:1px;border-radius:0 0 .75rem .75rem}\n"
           "footer{padding:1rem .25rem;font-size:.8125rem;color:var(--ink2)}footer p{margin:0}\n"
           "@media (min-width:40rem){main{max-width:42rem;padding-top:3rem}dl "
           "div{display:grid;grid-template-columns:11rem 1fr;"
           "gap:1rem}dd{margin:0}dt .other{display:block;margin:0}}\n";
}
