/* Inside config: does the text of a file close what it opens? */
#ifndef CONFIG_CLOSED_H
#define CONFIG_CLOSED_H

#include <stdbool.h>

/* What stays open at the end: a quote, '*' for a comment, '{', or 0; *line is where it opens. */
char config_open(const char *text, unsigned *line);

/* Is there a ${name} in a double-quoted string, or in none, of an `exec` section? */
bool config_eaten_template(const char *text, unsigned *line);

#endif
