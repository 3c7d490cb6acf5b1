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

static void missing_of(const struct sim_cover *c, unsigned t, struct str *out)
{
    const struct table *table = &tables[t];

    for (unsigned from = 0; from < table->states; from++)
        for (unsigned to = 0; to < table->states; to++)
            if (table->row(from)->next & (1u << to) && !taken(c, t, from, to))
                str_addf(out, "%s: %s -> %s\n", table->name, table->row(from)->name,
                         table->row(to)->name);
}

void sim_cover_missing(const struct sim_cover *cover, struct str *out)
{
    for (unsigned t = 0; t < TABLES; t++)
        missing_of(cover, t, out);
}

uint32_t sim_cover_arrows(const struct sim_cover *cover, uint32_t *n_taken)
{
    uint32_t all = 0;

    *n_taken = 0;
    for (unsigned t = 0; t < TABLES; t++)
        for (unsigned from = 0; from < tables[t].states; from++)
            for (unsigned to = 0; to < tables[t].states; to++) {
                bool arrow = tables[t].row(from)->next & (1u << to);

                all += arrow;
                *n_taken += arrow && taken(cover, t, from, to);
            }
    return all;
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
