/* The readable side: a line an event, an action, a state move, with the sentences of the tables. */
#include <stdarg.h>

#include "sim/life.h"

void trace_text(const struct life *l, const char *format, ...)
{
    CLEANUP_STR struct str line = STR_INIT;
    va_list args;

    if (!l->trace->line)
        return;
    str_addf(&line, "%7lld ms  ", (long long)l->now);
    va_start(args, format);
    str_addv(&line, format, args);
    va_end(args);
    l->trace->line(l->trace->ctx, str_text(&line));
}

static const char *outcome_name(int outcome)
{
    static const char *const names[] = {"ok",      "refused", "busy",   "out of memory",
                                        "missing", "invalid", "policy", "in doubt",
                                        "held",    "changed"};

    return outcome < 0 ? "fatal" : names[outcome];
}

static const char *found_name(enum found found)
{
    static const char *const names[] = {"nothing", "undecided", "committed", "unknown"};

    return names[found];
}

static const char *timer_name(enum timer timer)
{
    static const char *const names[] = {"retry", "seal", "settle", "hold", "deadline"};

    return names[timer];
}

void trace_event(const struct life *l, const struct event *e)
{
    static const char *const names[] = {
        [EV_BEGIN] = "begin",     [EV_LOGGED] = "logged",       [EV_OPENED] = "opened",
        [EV_VOTED] = "voted",     [EV_SEALED] = "sealed",       [EV_DECIDED] = "decided",
        [EV_SETTLED] = "settled", [EV_CLOSED] = "closed",       [EV_FOUND] = "found",
        [EV_TIMER] = "timer",     [EV_ABORT] = "asked to stop",
    };
    const char *name = names[e->kind];

    switch (e->kind) {
    case EV_BEGIN:
    case EV_ABORT:
        trace_text(l, "> %s", name);
        break;
    case EV_LOGGED:
        trace_text(l, "> %s group %u %s: %s", name, e->group, record_name(e->record),
                   outcome_name(e->outcome));
        break;
    case EV_VOTED:
        trace_text(l, "> %s group %u slot %u: %s", name, e->group, e->slot,
                   outcome_name(e->outcome));
        break;
    case EV_FOUND:
        trace_text(l, "> %s group %u participant %u: %s, %s", name, e->group, e->participant,
                   outcome_name(e->outcome), found_name(e->found));
        break;
    case EV_TIMER:
        trace_text(l, "> %s %s group %u participant %u slot %u", name, timer_name(e->timer),
                   e->group, e->participant, e->slot);
        break;
    default:
        trace_text(l, "> %s group %u participant %u: %s", name, e->group, e->participant,
                   outcome_name(e->outcome));
    }
}

void trace_action(const struct life *l, const struct action *a)
{
    static const char *const names[] = {
        [ACT_LOG] = "log",     [ACT_OPEN] = "open",     [ACT_PREPARE] = "prepare",
        [ACT_SEAL] = "seal",   [ACT_DECIDE] = "decide", [ACT_SETTLE] = "settle",
        [ACT_CLOSE] = "close", [ACT_ASK] = "ask",       [ACT_TIMER] = "set timer",
        [ACT_END] = "the end",
    };
    const char *name = names[a->kind], *verdict = a->verdict == VERDICT_COMMIT ? "commit" : "abort";

    if (a->kind == ACT_END)
        trace_text(l, "    %s", name);
    else if (a->kind == ACT_LOG)
        trace_text(l, "    %s group %u %s", name, a->group, record_name(a->record));
    else if (a->kind == ACT_TIMER)
        trace_text(l, "    %s %s in %lld ms", name, timer_name(a->timer), (long long)a->ms);
    else if (a->kind == ACT_PREPARE)
        trace_text(l, "    %s group %u slot %u", name, a->group, a->slot);
    else if (a->kind == ACT_SETTLE || a->kind == ACT_CLOSE)
        trace_text(l, "    %s group %u participant %u: %s", name, a->group, a->participant,
                   verdict);
    else
        trace_text(l, "    %s group %u participant %u", name, a->group, a->participant);
}

void trace_move(const struct life *l, const struct move *m)
{
    if (!l->trace->line)
        return;
    if (m->machine == MACHINE_RUN)
        trace_text(l, "  the run %s", run_state_row(m->to)->sentence);
    else if (m->machine == MACHINE_GROUP)
        trace_text(l, "  group %u %s", m->group, group_state_row(m->to)->sentence);
    else
        trace_text(l, "  slot %u of group %u %s", m->slot, m->group,
                   member_state_row(m->to)->sentence);
}
