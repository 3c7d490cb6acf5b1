/* What is read off the state tables: which arrows were taken, and the diagrams. */
#include "sim/sim.h"

struct table {
    const char *name;
    unsigned states;
    const struct state_row *(*row)(unsigned state);
};

static const struct state_row *run_row(unsigned state)
{
    return run_state_row((enum run_state)state);
}

static const struct state_row *group_row(unsigned state)
{
    return group_state_row((enum group_state)state);
}

static const struct state_row *member_row(unsigned state)
{
    return member_state_row((enum member_state)state);
}

static const struct table tables[] = {
    {"run", RUN_STATES, run_row},
    {"group", GROUP_STATES, group_row},
    {"member", MEMBER_STATES, member_row},
};

enum { TABLES = sizeof tables / sizeof *tables };

static uint64_t taken(const struct sim_cover *c, unsigned table, unsigned from, unsigned to)
{
    switch (table) {
    case 0:
        return c->run[from][to];
    case 1:
        return c->group[from][to];
    default:
        return c->member[from][to];
    }
}

/* A state is entered by some arrow; the first of each table is where everything begins. */
static bool is_entered(const struct sim_cover *c, unsigned table, unsigned state)
{
    for (unsigned from = 0; from < tables[table].states; from++)
        if (taken(c, table, from, state))
            return true;
    return state == 0;
}

/* A group in doubt is left at once, for the next one or for the end: no process dies just there. */
static bool may_wait(unsigned group_state)
{
    return group_state != GROUP_DOUBT;
}

static void list_of(const struct sim_cover *c, unsigned t, bool missing_only, struct str *out)
{
    const struct table *table = &tables[t];

    for (unsigned from = 0; from < table->states; from++)
        for (unsigned to = 0; to < table->states; to++) {
            unsigned long long n = taken(c, t, from, to);

            if (!(table->row(from)->next & (1u << to)) || (missing_only && n))
                continue;
            str_addf(out, "%s: %s -> %s", table->name, table->row(from)->name,
                     table->row(to)->name);
            str_addf(out, missing_only ? "\n" : ": %llu\n", n);
        }
}

void sim_cover_list(const struct sim_cover *cover, struct str *out)
{
    for (unsigned t = 0; t < TABLES; t++)
        list_of(cover, t, false, out);
    for (unsigned state = 0; state < GROUP_STATES; state++)
        str_addf(out, "crash while a group is %s: %llu\n", group_row(state)->name,
                 (unsigned long long)cover->crashes[state]);
}

void sim_cover_missing(const struct sim_cover *cover, struct str *out)
{
    for (unsigned t = 0; t < TABLES; t++)
        list_of(cover, t, true, out);
    for (unsigned state = 0; state < GROUP_STATES; state++)
        if (may_wait(state) && !cover->crashes[state])
            str_addf(out, "a crash while a group is %s\n", group_row(state)->name);
}

static void count_of(const struct sim_cover *cover, unsigned t, struct sim_counts *n)
{
    for (unsigned from = 0; from < tables[t].states; from++) {
        n->states++;
        n->entered += is_entered(cover, t, from);
        for (unsigned to = 0; to < tables[t].states; to++) {
            bool arrow = tables[t].row(from)->next & (1u << to);

            n->arrows += arrow;
            n->taken += arrow && taken(cover, t, from, to);
        }
    }
}

struct sim_counts sim_cover_count(const struct sim_cover *cover)
{
    struct sim_counts n = {0};

    for (unsigned t = 0; t < TABLES; t++)
        count_of(cover, t, &n);
    for (unsigned state = 0; state < GROUP_STATES; state++) {
        n.crash_states += may_wait(state);
        n.crashed += may_wait(state) && cover->crashes[state];
    }
    return n;
}

static void draw(const struct table *table, struct str *out)
{
    str_addf(out, "  subgraph cluster_%s {\n    label=\"%s\";\n", table->name, table->name);
    for (unsigned from = 0; from < table->states; from++) {
        const struct state_row *row = table->row(from);

        str_addf(out, "    %s_%u [label=\"%s\", tooltip=\"%s\"%s];\n", table->name, from, row->name,
                 row->sentence, row->next ? "" : ", peripheries=2");
        for (unsigned to = 0; to < table->states; to++)
            if (row->next & (1u << to))
                str_addf(out, "    %s_%u -> %s_%u;\n", table->name, from, table->name, to);
    }
    str_add(out, "  }\n");
}

void sim_dot(struct str *out)
{
    str_add(out, "digraph states {\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
    for (unsigned t = 0; t < TABLES; t++)
        draw(&tables[t], out);
    str_add(out, "}\n");
}
