/*
 * Row tenants: tenants that share tables of one database and are told apart by row security. Which
 * there are, and as whom the rows of one are changed. From the configuration; kept in the run log.
 */
#ifndef BASE_ROW_TENANTS_H
#define BASE_ROW_TENANTS_H

struct row_tenants {
    const char *query;   /* gives a column id; further columns are values for statements */
    const char *role;    /* one that row security holds for */
    const char *setting; /* by which the policies know the tenant: "app.tenant_id" */
};

#endif
