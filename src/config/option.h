/*
 * Inside config: the table of options, and how a value's text becomes a value. Parser, defaults and
 * the file that `init` writes all come from it.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "config/config.h"

enum option_kind {
    OPTION_GLOBS,    /* a list; each becomes a tenant_source */
    OPTION_LOADS,    /* a list of libraries: a path, or a bare name that the system looks up */
    OPTION_PATH,     /* const char * */
    OPTION_NUMBER,   /* 32 bits */
    OPTION_DURATION, /* int64_t, ms */
    OPTION_SIZE,     /* uint64_t, bytes; a bare number is MiB */
    OPTION_DURABILITY,
};

struct option {
    const char *name;
    enum option_kind kind;
    const char *fallback; /* as a value is written in the file */
    size_t at;            /* in struct config */
    int64_t least, most;  /* what is in range, in the field's unit */
    const char *about;    /* for the file that init writes; lines begin with "# " */
};

extern const struct option config_options[];
extern const size_t config_options_n;

const struct option *option_named(const char *name); /* NULL: none */
bool option_is_list(const struct option *o);
/* For messages: the nearest option's name, or NULL. Also the names within a source section. */
const char *option_meant(const char *wrong);

/*
 * Sets the field of a single value; paths are made relative to dir. E_INVALID without file and
 * line. Lists are the reader's matter.
 */
int option_apply(const struct option *o, const char *dir, const char *text, struct config *config,
                 struct error *e);

/* dir/path in the arena; NULL: out of memory. */
char *config_path(struct arena *arena, const char *dir, const char *path);
/* The same for a glob: wildcard characters in dir stand for themselves. */
char *config_glob(struct arena *arena, const char *dir, const char *glob);

#endif
