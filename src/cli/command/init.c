#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command/commands.h"
#include "config/config.h"

static int write_config(const char *path, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    const char *text = config_template(&arena);

    if (!text)
        return error_oom(e);
    return file_create(path, 0666, text, strlen(text), e);
}

static int make_folders(const char *config, struct str *migrations, struct str *tenants,
                        struct error *e)
{
    CLEANUP_STR struct str dir = STR_INIT;
    int rc;

    path_dir(&dir, config);
    if (!str_ok(&dir))
        return error_oom(e);
    path_join(migrations, str_text(&dir), "migrations");
    path_join(tenants, str_text(&dir), "tenants");
    if (!str_ok(migrations) || !str_ok(tenants))
        return error_oom(e);
    rc = dir_make(str_text(migrations), 0777, e);
    return rc == E_OK ? dir_make(str_text(tenants), 0777, e) : rc;
}

static void show(struct cli *cli, const char *config, const char *migrations, const char *tenants)
{
    if (cli->options.json) {
        json_t *root = doc_root(&cli->doc);

        doc_text(&cli->doc, root, "config", config);
        doc_text(&cli->doc, root, "migrations", migrations);
        doc_text(&cli->doc, root, "tenants", tenants);
        return;
    }
    str_addf(&cli->out,
             "%s: the configuration, every option with its default\n"
             "%s: for migrations; lockstep new NAME makes one\n"
             "%s: where tenants are looked for until the configuration says otherwise\n",
             config, migrations, tenants);
}

static int run(struct cli *cli, struct error *e)
{
    CLEANUP_STR struct str migrations = STR_INIT, tenants = STR_INIT;
    const char *config = cli->options.config ? cli->options.config : "lockstep.conf";
    int rc = access(config, F_OK) == 0 ? error_set(e, E_INVALID, "%s is there already", config)
                                       : make_folders(config, &migrations, &tenants, e);

    if (rc == E_OK) /* last: an init that failed can be repeated */
        rc = write_config(config, e);
    if (rc == E_OK)
        show(cli, config, str_text(&migrations), str_text(&tenants));
    return rc;
}

const struct command command_init = {
    .name = "init",
    .arguments = "",
    .summary = "write a commented configuration and make the folders",
    .help = "Writes lockstep.conf with every option, its default and what it means, and makes\n"
            "the folders migrations/ and tenants/ beside it. Nothing that exists is changed;\n"
            "a configuration that is there already is an error.",
    .example = "lockstep init\nlockstep -C /srv/app init\n",
    .part = PART_START,
    .run = run,
};
