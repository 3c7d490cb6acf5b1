/*
 * MySQL: does the inverse of a script undo all that the script does? There no transaction takes
 * back what a failure in the middle leaves: the statements of the inverse that belong to what is
 * done run instead, and they are found by what they do. So each effect must have its counterpart,
 * and no statement of the inverse may belong to two statements, of which one may not have run. What
 * lies in a table or column that the script itself makes goes with that. A script of one statement
 * has no middle.
 */
#include "plan/work.h"
#include "sql/mysql_effect.h"

struct cover {
    struct arena arena;
    struct effects *up; /* one a statement */
    struct effects *down;
    const struct script *script, *inverse;
};

static int read_all(struct arena *arena, const struct script *script, struct effects **list)
{
    *list = arena_array(arena, script->n, sizeof **list);
    if (!*list)
        return E_NOMEM;
    for (size_t i = 0; i < script->n; i++)
        if (mysql_effects(arena, script->statements[i].sql, script->statements[i].len,
                          &(*list)[i]) != E_OK)
            return E_NOMEM;
    return E_OK;
}

static void cover_free(struct cover *c)
{
    for (size_t i = 0; c->up && i < c->script->n; i++)
        effects_free(&c->up[i]);
    for (size_t i = 0; c->down && i < c->inverse->n; i++)
        effects_free(&c->down[i]);
    arena_free(&c->arena);
}

/* Does this effect lie in something that a statement up to this one makes? */
static bool goes_with_another(const struct cover *c, size_t statement, const struct effect *effect)
{
    for (size_t i = 0; i <= statement; i++)
        for (size_t k = 0; k < c->up[i].n; k++)
            if (effect_within(effect, &c->up[i].list[k]))
                return true;
    return false;
}

static bool undoes_any(const struct effects *of, const struct effect *done)
{
    for (size_t i = 0; i < of->n; i++)
        if (effect_undoes(&of->list[i], done))
            return true;
    return false;
}

static bool is_covered(const struct cover *c, size_t statement, const struct effect *effect)
{
    if (goes_with_another(c, statement, effect))
        return true;
    for (size_t i = 0; i < c->inverse->n; i++)
        if (undoes_any(&c->down[i], effect))
            return true;
    return false;
}

/* The first statement that does something nobody undoes; script->n: there is none. */
static size_t find_uncovered(const struct cover *c)
{
    for (size_t i = 0; i < c->script->n; i++)
        for (size_t k = 0; k < c->up[i].n; k++)
            if (!is_covered(c, i, &c->up[i].list[k]))
                return i;
    return c->script->n;
}

/* Rows may be set right by one statement for several: that stands being run too early. */
static bool belongs(const struct cover *c, size_t inverse, size_t statement)
{
    for (size_t k = 0; k < c->up[statement].n; k++) {
        const struct effect *effect = &c->up[statement].list[k];

        if (effect->object != EFFECT_ROWS && !goes_with_another(c, statement, effect) &&
            undoes_any(&c->down[inverse], effect))
            return true;
    }
    return false;
}

static size_t find_shared(const struct cover *c)
{
    for (size_t i = 0; i < c->inverse->n; i++) {
        size_t n = 0;

        for (size_t k = 0; k < c->script->n; k++)
            n += belongs(c, i, k);
        if (n > 1)
            return i;
    }
    return c->inverse->n;
}

static void refuse(struct work *w, const struct step *step, const struct script *at, size_t i,
                   const char *what)
{
    struct error problem = ERROR_INIT;

    error_set(&problem, E_POLICY, "migration %s_%s: %s", step->digits, step->name, what);
    error_at(&problem, at->file, at->statements[i].line);
    error_statement(&problem, at->statements[i].sql, at->statements[i].len);
    error_hint(&problem, "on MySQL nothing else takes back what a failure in the middle leaves; or "
                         "take the risk with `--allow-irreversible`");
    plan_refuse(w, &problem);
}

static int check(struct work *w, const struct step *step)
{
    struct cover c = {.script = step->script, .inverse = step->inverse};
    int r = read_all(&c.arena, c.script, &c.up);
    size_t i;

    if (r == E_OK)
        r = read_all(&c.arena, c.inverse, &c.down);
    if (r == E_OK && (i = find_uncovered(&c)) < c.script->n)
        refuse(w, step, c.script, i,
               step->down ? "its up script does not do again what this undoes"
                          : "its down script does not undo this");
    else if (r == E_OK && (i = find_shared(&c)) < c.inverse->n)
        refuse(w, step, c.inverse, i,
               "this undoes more than one statement of the other script: write one for each");
    cover_free(&c);
    return r;
}

static bool wants_cover(const struct step *step)
{
    return !step->mark && step->inverse && step->script->engine == ENGINE_MYSQL &&
           !step->script->data_only && step->script->n > 1;
}

int plan_cover(struct work *w, struct error *e)
{
    const struct script *last = NULL; /* most recipes share their scripts */
    int r = E_OK;

    if (w->request->allow_irreversible)
        return E_OK;
    for (size_t i = 0; i < w->plan->n_recipes && r == E_OK; i++)
        for (size_t k = 0; k < w->plan->recipes[i].n && r == E_OK; k++) {
            const struct step *step = &w->plan->recipes[i].steps[k];

            if (!wants_cover(step) || step->script == last)
                continue;
            last = step->script;
            r = check(w, step);
        }
    return r == E_OK ? E_OK : error_oom(e);
}
