/*
 * A job: everything a run needs besides the machine, in a form that goes into the run log's plan
 * event and comes back from it. A fresh run makes it from its plan; recovery and undo read it.
 */
#ifndef OP_JOB_H
#define OP_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/mem.h"
#include "core/run.h"
#include "engine/sqlite/engine.h"
#include "plan/plan.h"
#include "store/log.h"

struct error;
struct fleet;
struct row_tenants;
struct session;
struct str;
struct survey;

struct job_group {
    uint32_t first, n;
};

struct job_server {
    const char *name;
    enum engine_kind engine;
    const char *shown; /* its url without a password */
};

struct job {
    struct arena arena;
    char run[40]; /* id: 20261120T203112-4f2a9c */
    char key[33]; /* 128 random bits: names the decision files */
    char command[16];
    char undoes[40];    /* undo: the run it takes back */
    const char *target; /* for people: "003", "base" */
    const char *digest;
    const char *decisions; /* folder of the decision files */
    enum plan_direction direction;
    enum plan_scope scope;
    bool undoable;
    struct recipe *recipes;
    size_t n_recipes;
    struct branch_spec *branches;
    uint32_t *recipe_of; /* one a branch */
    uint16_t *from;      /* first step of the recipe; one a branch */
    uint8_t *guarantees; /* planned; one a branch */
    uint32_t n;
    struct job_server *servers; /* branches refer to them */
    size_t n_servers;
    struct row_tenants *rows; /* read back from the log; branches refer to them */
    size_t n_rows;
    bool files;          /* some branches are files: participant 0, and the decision is theirs */
    uint16_t *placed;    /* one a branch: its participant */
    uint32_t *server_of; /* one a participant: its server; the files' is not used */
    uint32_t *widths;    /* one a participant: prepared at once; 0: not known */
    uint16_t participants;
    const char **value_names; /* that scripts with `values` ask for */
    size_t n_value_names;
    size_t tenants;
    int64_t surveyed_us; /* wall clock when the survey began; 0: read back from the log */
    struct job_group *groups;
    size_t n_groups;
};

/* What a command wants to run. */
struct planned {
    const char *command;
    const char *undoes; /* the run it takes back, or NULL */
    const struct survey *survey;
    const struct plan *plan;
};

/* A new id and key; branches from plan and survey. The plan and the fleet must outlive the job. */
int job_make(struct session *s, const struct planned *planned, struct job *job, struct error *e);
void job_free(struct job *job);

/* The body of the plan event, and back. */
int job_write(const struct job *job, struct str *body);
int job_read(const char *body, size_t len, struct job *job, struct error *e);
/* Finds the plan event of a run in the log. E_MISSING: no such run. */
int job_load(struct session *s, const char *run, struct job *job, struct error *e);

/* The machine for this job: policy and groups. NULL: out of memory. */
struct run *job_machine(const struct session *s, const struct job *job, int64_t max_hold_ms,
                        int64_t deadline_ms);

/* Inside the job. Which participants there are, from the branches. False: out of memory, or too
 * many. */
bool job_place(struct job *job);
/* The branches' values, from the fleet; to and from the plan event. False, NULL: out of memory, or
 * what is written is wrong. */
bool job_take_values(struct job *job, const struct plan *plan, const struct fleet *fleet);
json_t *job_write_values(const struct job *job);
bool job_read_values(struct job *job, const json_t *all);

#endif
