/* Inside config: does the text of a file close what it opens? */
#ifndef CONFIG_CLOSED_H
#define CONFIG_CLOSED_H

/* What stays open at the end: a quote, '*' for a comment, '{', or 0; *line is where it opens. */
char config_open(const char *text, unsigned *line);

#endif
