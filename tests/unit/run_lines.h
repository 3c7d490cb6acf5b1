/*
 * Tests of the machine as tables: what it is told, and what it then asks for.
 *
 *     {"voted 1 refused", "log refused 1, settle 0 abort"},
 *
 * Told:  begin | abort | logged RECORD [OUTCOME] | opened P | voted SLOT | sealed P | decided P |
 *        closed P | found P FOUND | settled P [OUTCOME SLOTS] | timer NAME [N]
 *        Most take an OUTCOME behind; without one it is ok. SLOTS is a letter a member: + done,
 *        - not yet, ! refused; without it all are done.
 * Asked: log RECORD | open P | prepare SLOT | seal P | decide P | settle P VERDICT |
 *        close P VERDICT | ask P | timer NAME N MSms | end
 *
 * "2: " before either names a group other than the first. "earlier: " before an answer: it is that
 * of the attempt before the latest, come again or late.
 */
#ifndef TESTS_UNIT_RUN_LINES_H
#define TESTS_UNIT_RUN_LINES_H

#include "base/str.h"
#include "core/run.h"
#include "test.h"

struct line {
    const char *told, *asked;
};

#define NAMES(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static const char *const timer_names[] = {"retry", "seal", "settle", "hold", "deadline", NULL};

static int index_of(const char *const *names, const char *word)
{
    for (int i = 0; word && names[i]; i++)
        if (str_same(names[i], word))
            return i;
    return -1;
}

static enum record_kind record_of(const char *word)
{
    for (int i = 0; i < RECORDS; i++)
        if (str_same(record_name((enum record_kind)i), word))
            return (enum record_kind)i;
    fail_msg("no record %s", word);
    return RECORDS;
}

static int outcome_of(const char *word)
{
    int i = index_of(
        NAMES("ok", "refused", "busy", "nomem", "missing", "invalid", "policy", "doubt"), word);

    return str_same(word, "fatal") ? E_FATAL : i < 0 ? E_OK : i;
}

struct words {
    char text[80];
    char *word[6];
};

static void split(struct words *w, const char *text)
{
    char *rest = NULL;

    memset(w, 0, sizeof *w);
    snprintf(w->text, sizeof w->text, "%s", text);
    for (int i = 0; i < 6; i++) {
        w->word[i] = strtok_r(i ? NULL : w->text, " ", &rest);
        if (!w->word[i])
            return;
    }
}

static uint32_t number_of(const char *word)
{
    return word ? (uint32_t)strtoul(word, NULL, 10) : 0;
}

static void read_slots(uint8_t *slots, uint32_t n, const char *letters)
{
    memset(slots, SETTLE_DONE, n);
    for (uint32_t i = 0; letters && i < n; i++)
        slots[i] = letters[i] == '+'   ? SETTLE_DONE
                   : letters[i] == '-' ? SETTLE_NOT_YET
                                       : SETTLE_REFUSED;
}

static void read_event(struct event *e, char *const *w)
{
    e->kind =
        (enum event_kind)index_of(NAMES("begin", "logged", "opened", "voted", "sealed", "decided",
                                        "settled", "closed", "found", "timer", "abort"),
                                  w[0]);
    if (e->kind == EV_LOGGED)
        e->record = record_of(w[1]);
    else if (e->kind == EV_TIMER)
        e->timer = (enum timer)index_of(timer_names, w[1]);
    else if (e->kind == EV_FOUND)
        e->found =
            (enum found)index_of(NAMES("nothing", "undecided", "committed", "unknown"), w[2]);
    e->slot = number_of(e->kind == EV_TIMER ? w[2] : w[1]);
    e->participant = (uint16_t)e->slot;
    e->outcome = outcome_of(e->kind == EV_FOUND ? w[3] : w[0] ? w[2] : NULL);
    if (e->kind == EV_TIMER)
        e->outcome = E_OK;
}

/* An answer is that of the latest attempt; behind "earlier: " it is that of the one before. */
static uint16_t attempt_of(const struct run *run, const struct event *e, bool earlier)
{
    const struct group *g = run_group(run, e->group);
    bool votes = e->kind == EV_VOTED;

    if (!g || (votes ? e->slot >= g->n : e->participant >= g->participants))
        return 0;
    return (uint16_t)((votes ? g->members[e->slot].tries : g->shares[e->participant].tries) -
                      earlier);
}

static void tell(struct run *run, const char *told)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    uint8_t slots[16];
    struct words w;
    struct event e = {.group = 1, .slots = slots, .cause = &cause};
    char *const *word = w.word;
    bool earlier;

    split(&w, told);
    earlier = str_same(w.word[0], "earlier:");
    if (earlier)
        word++;
    if (!earlier && str_ends(w.word[0], ":")) {
        e.group = number_of(w.word[0]);
        word++;
    }
    read_event(&e, word);
    e.attempt = attempt_of(run, &e, earlier);
    if (e.kind == EV_SETTLED)
        read_slots(slots, run_group(run, e.group)->n, word[2] ? word[3] : NULL);
    if (e.outcome != E_OK)
        error_set(&cause, e.outcome, "%s", told);
    assert_int_equal(run_handle(run, &e), E_OK);
}

static void add_action(struct str *out, const struct action *a)
{
    static const char *const names[] = {"log",    "open",  "prepare", "seal",  "decide",
                                        "settle", "close", "ask",     "timer", "end"};

    if (out->len)
        str_add(out, ", ");
    if (a->group > 1)
        str_addf(out, "%u: ", a->group);
    str_add(out, names[a->kind]);
    if (a->kind == ACT_LOG)
        str_addf(out, " %s", record_name(a->record));
    else if (a->kind == ACT_TIMER)
        str_addf(out, " %s %u %lldms", timer_names[a->timer], a->slot + a->participant,
                 (long long)a->ms);
    else if (a->kind == ACT_PREPARE)
        str_addf(out, " %u", a->slot);
    else if (a->kind != ACT_END)
        str_addf(out, " %u", a->participant);
    if (a->kind == ACT_LOG && a->record == RECORD_REFUSED)
        str_addf(out, " %u", a->slot);
    if (a->kind == ACT_SETTLE || a->kind == ACT_CLOSE)
        str_add(out, a->verdict == VERDICT_COMMIT ? " commit" : " abort");
}

static void play(struct run *run, const struct line *lines)
{
    for (; lines->told; lines++) {
        CLEANUP_STR struct str asked = STR_INIT;
        struct action action;

        tell(run, lines->told);
        while (run_next(run, &action))
            add_action(&asked, &action);
        if (!str_same(str_text(&asked), lines->asked))
            fail_msg("told \"%s\", it should ask \"%s\" and asks \"%s\"", lines->told, lines->asked,
                     str_text(&asked));
    }
}

/* A run of atomic tenants with groups of these sizes; the first branch is 0. */
static struct run *run_of(const struct run_policy *policy, const uint32_t *sizes)
{
    static const uint32_t branches[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint8_t atomic[10] = {0};
    struct run *run = run_new(policy);
    uint32_t first = 0;

    assert_non_null(run);
    for (; *sizes; first += *sizes++)
        assert_int_equal(run_add_group(run, branches + first, atomic, *sizes), E_OK);
    return run;
}

#endif
