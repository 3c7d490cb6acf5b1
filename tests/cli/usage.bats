#!/usr/bin/env bats
# The command line itself: what is understood, what is not, and how that is said.
load fleet

@test "no command is a usage error that names --help" {
    run -2 --separate-stderr lockstep
    is "$output" ""
    complains "lockstep --help"
}

@test "--help lists every command with its summary" {
    run -0 lockstep --help
    for name in init new tenants status plan rehearse adopt up down runs show watch abort retry \
        undo recover history log; do
        grep -q "^  $name  " <<<"$output"
    done
}

@test "help COMMAND and COMMAND --help are the same, with an example" {
    run -0 lockstep help up
    says "lockstep up 003"
    says "--scope SCOPE"
    first=$output
    run -0 lockstep up --help
    is "$output" "$first"
}

@test "help stays within 80 columns" {
    for name in "" init adopt plan up down undo retry rehearse recover log watch; do
        run -0 lockstep help $name
        run ! grep -E '^.{88}' <<<"$output"
    done
}

@test "a mistyped command gets the nearest one suggested" {
    run -2 --separate-stderr lockstep staus
    is "$stderr" "lockstep: unknown command 'staus'; did you mean status?"
}

@test "a mistyped option gets the nearest one of that command suggested" {
    run -2 --separate-stderr lockstep up --slect region=eu
    is "$stderr" "lockstep: unknown option --slect; did you mean --select?"
}

@test "the beginning of an option is not the option" {
    run -2 --separate-stderr lockstep up --sel x
    complains "unknown option --sel"
}

@test "an option of another command is refused" {
    run -2 --separate-stderr lockstep status --scope fleet
    complains "status takes no --scope"
}

@test "an option without its value, and a flag with one, are refused" {
    run -2 --separate-stderr lockstep up --wait
    complains "--wait needs TIME"
    run -2 --separate-stderr lockstep up --quiet=1
    complains "--quiet takes no value"
}

@test "values of options are checked" {
    run -2 --separate-stderr lockstep up --wait 10x
    complains "250ms, 30s, 10m or 2h"
    run -2 --separate-stderr lockstep up --scope flet
    complains "did you mean fleet?"
    run -2 --separate-stderr lockstep up --accept late,mising
    complains "did you mean missing?"
    run -2 --separate-stderr lockstep --jobs 0 up
    complains "from 1 to 1024"
}

@test "too many and too few arguments are refused" {
    run -2 --separate-stderr lockstep up 1 2
    complains "one argument too many: '2'"
    run -2 --separate-stderr lockstep undo
    complains "undo needs RUN"
}

@test "global options stand before or behind the command" {
    fleet 1
    run -0 lockstep --tenants 'tenants/*.db' --json tenants
    first=$output
    run -0 lockstep tenants --json --tenants 'tenants/*.db'
    is "$output" "$first"
}

@test "-C works in another folder" {
    fleet 1
    mkdir elsewhere
    cd elsewhere
    run -0 lockstep -C .. tenants
    says "tenants/t1.db"
    run -2 --separate-stderr lockstep -C nowhere tenants
    complains "cannot enter nowhere"
}

@test "with --json an error is one document, with its exit code" {
    run -2 --separate-stderr lockstep staus --json
    is "$(field 'd["format"], d["exit"], "staus" in d["error"]["message"]')" "(1, 2, True)"
    run -2 --separate-stderr lockstep --json up --wait 10x
    is "$(field 'd["exit"]')" 2
}

@test "a terminal's control characters in a name are not passed on" {
    fleet 1
    mv tenants/t1.db $'tenants/t\e[2J1.db'
    run -0 lockstep tenants
    says 't\x1b[2J1'
}

@test "output that cannot be written is exit 1" {
    run -1 bash -c '"$LOCKSTEP" --help 2>&1 >/dev/full'
    says "No space left on device"
}

@test "NO_COLOR counts when it is not empty, and --color always overrules it" {
    fleet 1
    notes_and_tier
    NO_COLOR=1 run -0 lockstep status --color always
    [[ $output == *$'\e['* ]]
    run -0 lockstep status --color never
    [[ $output != *$'\e['* ]]
}

@test "manual page and completions come from the table" {
    run -0 lockstep --print-manual
    says "## undo RUN"
    for shell in bash zsh fish; do
        run -0 lockstep --print-completion $shell
        says "skip-unusable"
    done
    run -0 bash -c 'eval "$("$LOCKSTEP" --print-completion bash)"
        COMP_WORDS=(lockstep up --scope ""); COMP_CWORD=3; _lockstep; echo "${COMPREPLY[@]}"'
    is "$output" "fleet group tenant"
}

@test "--version" {
    run -0 lockstep --version
    [[ $output == "lockstep "[0-9]* ]]
}
