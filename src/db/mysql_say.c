#include "db/mysql_say.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

static bool is_among(unsigned code, const unsigned *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == code)
            return true;
    return false;
}

#define AMONG(code, list) is_among(code, list, sizeof(list) / sizeof((list)[0]))

int my_outcome(unsigned code)
{
    /* too many connections; lock wait; deadlock; a NOWAIT that would wait; row version changed */
    static const unsigned busy[] = {1040, 1203, 1205, 1213, 1226, 3572, 1020, 1412};
    /* the server's: shut down, killed, the packet broke */
    static const unsigned lost[] = {1053, 1152, 1154, 1158, 1159, 1160,
                                    1161, 1927, 1080, 1047, 1156, 1184};
    /* the client's own, of MySQL and of MariaDB; none at all: an answer that does not follow on the
     * one before. What became of the statement is not known then. */
    bool client = code == 0 || code / 1000 == 2 || code / 1000 == 5;

    if (AMONG(code, busy))
        return E_BUSY;
    return client || AMONG(code, lost) ? E_DOUBT : E_REFUSED;
}

/* `... value: 'x' for column c at row 1`: the part from the colon or quote to the column goes. */
static void add_without_value(const char *text, struct str *out)
{
    const char *quoted = strstr(text, ": '"), *tail = NULL, *at;

    if (!quoted)
        quoted = strstr(text, " '");
    for (at = quoted; at && (at = strstr(at + 1, " for column ")) != NULL;)
        tail = at;
    str_addn(out, text, quoted ? (size_t)(quoted - text) : strlen(text));
    if (tail)
        str_add(out, tail);
}

void my_message(unsigned code, const char *text, struct str *out)
{
    static const unsigned quoting[] = {1292, 1366, 1411, 1525, 1367, 1690, 3140, 4037, 4038, 1918};
    const char *key = NULL;

    if (code == 1062 || code == 1586 || code == 1761) {
        for (const char *at = text; (at = strstr(at, " for key ")) != NULL; at++)
            key = at;
        str_add(out, "Duplicate entry");
        str_add(out, key ? key : "");
    } else if (AMONG(code, quoting)) {
        add_without_value(text, out);
    } else if (code == 1969) {
        str_add(out, "took longer than the statement timeout");
    } else {
        str_add(out, text);
    }
}
