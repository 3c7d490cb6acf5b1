/*
 * Records of any kind, in any order, are told to a machine, as a damaged log would: each is refused
 * or taken, and after any that were taken the machine gets to an end, whatever the world answers.
 * What it records on the way can be told to another machine, which then knows the same.
 */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "world.h"

enum { BRANCHES = 12, MOST_RECORDS = 400 };

struct book {
    struct replayed list[MOST_RECORDS];
    uint32_t branches[MOST_RECORDS][BRANCHES];
    size_t n;
};

static struct replayed *next_record(struct book *book)
{
    struct replayed *record = &book->list[book->n];

    *record = (struct replayed){.branches = book->branches[book->n]};
    return record;
}

static void take_record(struct book *book, struct input *in)
{
    struct replayed *record = next_record(book);
    uint8_t head = input_byte(in);

    record->kind = (enum record_kind)(head % RECORDS);
    record->group = head & 128 ? (uint32_t)input_number(in) : input_byte(in) % 8;
    record->undoes = head & 64 ? input_byte(in) % 8 : 0;
    record->n = input_byte(in) % (BRANCHES + 1);
    for (uint32_t i = 0; i < record->n; i++)
        book->branches[book->n][i] = head & 32 ? input_byte(in) % BRANCHES : i;
}

/* The plan: groups of one to four branches, in order. */
static struct run *plan(uint8_t shape)
{
    static uint8_t guarantees[BRANCHES];
    struct run_policy policy = {.scope = (enum run_scope)(shape % 3),
                                .undoable = shape & 4,
                                .files = !(shape & 8),
                                .window = 2,
                                .lock_timeout_ms = 50,
                                .max_hold_ms = 1000};
    struct run *run = run_new(&policy);
    uint32_t size = shape / 16 % 4 + 1;

    for (uint32_t first = 0; run && first < BRANCHES; first += size) {
        uint32_t n = first + size > BRANCHES ? BRANCHES - first : size;
        uint32_t list[4];

        for (uint32_t i = 0; i < n; i++)
            list[i] = first + i;
        PROMISE(run_add_group(run, list, guarantees, n) == E_OK, "a plan is made");
    }
    return run;
}

static bool tell(struct run *run, const struct book *book)
{
    for (size_t i = 0; i < book->n; i++)
        if (run_replay(run, &book->list[i]) != E_OK)
            return false;
    return true;
}

/* As record.c writes it. */
static void append(void *ctx, const struct run *run, const struct action *action)
{
    struct book *book = ctx;
    const struct group *g = run_group(run, action->group);
    struct replayed *record = next_record(book);
    bool all = action->record == RECORD_GROUP;

    if (action->record == RECORD_REFUSED || action->record == RECORD_END)
        return;
    PROMISE(book->n + 1 < MOST_RECORDS, "a run does not record for ever");
    record->kind = action->record;
    record->group = g->id;
    record->undoes = g->undoes;
    if (all || record->kind == RECORD_DECIDING || record->kind == RECORD_SETTLED)
        for (uint32_t i = 0; i < g->n; i++)
            if (all || g->members[i].state == MEMBER_REFUSED)
                book->branches[book->n][record->n++] = g->members[i].branch;
    book->n++;
}

static void check_again(const struct run *run, const struct book *book, uint8_t shape)
{
    struct run *again = plan(shape);

    PROMISE(tell(again, book), "what a machine records can be told again");
    PROMISE(run->log_dead || again->kept == run->kept || run->doubt,
            "who is kept is known from the log");
    run_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str bytes = STR_INIT;
    static struct book book;
    struct input in = input_of(data, size, &bytes);
    uint8_t shape = input_byte(&in), records = input_byte(&in) % 24;
    struct run *run = plan(shape);
    const struct world_log log = {append, &book};

    book.n = 0;
    for (; records && in.left; records--) {
        take_record(&book, &in);
        book.n += run_replay(run, &book.list[book.n]) == E_OK;
    }
    run->recovering = run->recovering || book.n;
    world_drive(run, &in, &log);
    check_again(run, &book, shape);
    run_free(run);
    return 0;
}
