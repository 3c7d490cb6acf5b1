#include "base/mem.h"
#include "sim/life.h"

static bool before(const struct item *a, const struct item *b)
{
    return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void swap(struct item *a, struct item *b)
{
    struct item keep = *a;

    *a = *b;
    *b = keep;
}

void queue_add(struct queue *q, const struct item *item)
{
    size_t i = q->n;

    if (!array_room(&q->items, q->n, &q->cap, sizeof *q->items))
        return;
    q->items[q->n++] = *item;
    for (; i > 0 && before(&q->items[i], &q->items[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&q->items[i], &q->items[(i - 1) / 2]);
}

static size_t smaller_child(const struct queue *q, size_t i)
{
    size_t left = 2 * i + 1, right = left + 1;

    return right < q->n && before(&q->items[right], &q->items[left]) ? right : left;
}

bool queue_take(struct queue *q, struct item *item)
{
    if (q->n == 0)
        return false;
    *item = q->items[0];
    q->items[0] = q->items[--q->n];
    for (size_t i = 0, child; (child = smaller_child(q, i)) < q->n; i = child) {
        if (!before(&q->items[child], &q->items[i]))
            break;
        swap(&q->items[i], &q->items[child]);
    }
    return true;
}
