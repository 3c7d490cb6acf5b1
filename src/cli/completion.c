/* Completions for bash, zsh and fish: commands, their options, and the words options take. */
#include "base/error.h"
#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/help.h"

static void add_names(uint64_t takes, bool global, struct str *out)
{
    for (unsigned id = 0; id < OPTIONS; id++) {
        const struct option_row *row = option_row((enum option_id)id);

        if (!row->hidden && row->global == global && option_taken((enum option_id)id, takes))
            str_addf(out, " --%s", row->name);
    }
}

static void add_choices(const struct option_row *row, struct str *out)
{
    for (size_t i = 0; row->choices[i]; i++)
        str_addf(out, "%s%s", i == 0 ? "" : " ", row->choices[i]);
}

static void bash_values(struct str *out)
{
    str_add(out, "    case $before in\n");
    for (unsigned id = 0; id < OPTIONS; id++) {
        const struct option_row *row = option_row((enum option_id)id);

        if (!row->choices[0])
            continue;
        str_addf(out, "    --%s) COMPREPLY=($(compgen -W '", row->name);
        add_choices(row, out);
        str_add(out, "' -- \"$word\")); return ;;\n");
    }
    str_add(out, "    esac\n");
}

static void bash_print(struct str *out)
{
    str_add(out, "_lockstep()\n{\n"
                 "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                 "    local i names command=\n"
                 "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                 "        case ${COMP_WORDS[i]} in\n        ");
    for (size_t i = 0; commands[i]; i++)
        str_addf(out, "%s%s", i == 0 ? "" : "|", commands[i]->name);
    str_add(out, ") command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n");
    bash_values(out);
    str_add(out, "    names='");
    for (size_t i = 0; commands[i]; i++)
        str_addf(out, "%s ", commands[i]->name);
    str_add(out, "'\n    case $command in\n");
    for (size_t i = 0; commands[i]; i++) {
        str_addf(out, "    %s) names='", commands[i]->name);
        add_names(commands[i]->takes, false, out);
        str_add(out, "' ;;\n");
    }
    str_add(out, "    esac\n    COMPREPLY=($(compgen -W \"$names");
    add_names(0, true, out);
    str_add(out, "\" -- \"$word\"))\n}\ncomplete -o default -F _lockstep lockstep\n");
}

static void zsh_print(struct str *out)
{
    str_add(out, "#compdef lockstep\nautoload -U +X bashcompinit && bashcompinit\n");
    bash_print(out);
}

static void fish_option(const char *condition, const struct option_row *row, struct str *out)
{
    str_addf(out, "complete -c lockstep%s -l %s", condition, row->name);
    if (row->letter)
        str_addf(out, " -s %c", row->letter);
    if (row->argument)
        str_add(out, " -r");
    if (row->choices[0]) {
        str_add(out, " -f -a '");
        add_choices(row, out);
        str_add(out, "'");
    }
    str_addf(out, " -d '%s'\n", row->summary);
}

static void fish_options(const char *command, uint64_t takes, struct str *out)
{
    CLEANUP_STR struct str condition = STR_INIT;

    if (command)
        str_addf(&condition, " -n '__fish_seen_subcommand_from %s'", command);
    for (unsigned id = 0; id < OPTIONS; id++) {
        const struct option_row *row = option_row((enum option_id)id);

        if (!row->hidden && row->global == !command && option_taken((enum option_id)id, takes))
            fish_option(str_text(&condition), row, out);
    }
}

static void fish_print(struct str *out)
{
    fish_options(NULL, 0, out);
    for (size_t i = 0; commands[i]; i++) {
        str_addf(out, "complete -c lockstep -f -n __fish_use_subcommand -a %s -d '%s'\n",
                 commands[i]->name, commands[i]->summary);
        fish_options(commands[i]->name, commands[i]->takes, out);
    }
}

int completion_print(const char *shell, struct str *out, struct error *e)
{
    static const struct {
        const char *shell;
        void (*print)(struct str *out);
    } shells[] = {{"bash", bash_print}, {"zsh", zsh_print}, {"fish", fish_print}};

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (str_same(shells[i].shell, shell)) {
            shells[i].print(out);
            return E_OK;
        }
    return error_set(e, E_INVALID, "--print-completion takes bash, zsh or fish, not '%s'", shell);
}
