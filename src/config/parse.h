/* Inside config: the text of a file into a configuration. */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include "config/config.h"

struct str;

/*
 * Fills config, whose file (for messages) is already set, from text; from the defaults alone when
 * text is NULL. Relative paths are relative to dir.
 */
int config_parse(const char *dir, const struct str *text, struct config *config, struct error *e);

#endif
