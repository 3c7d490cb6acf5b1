# A project of Debian's Alembic in ./project: three revisions; the third makes a unique index, which a tenant
# whose notes repeat does not take. It gets its tenant by DATABASE_URL and, for schemas, TENANT_SCHEMA.
alembic_project()
{
    mkdir -p project/env/versions
    printf '[alembic]\nscript_location = env\n' >project/alembic.ini
    cat >project/env/env.py <<'PY'
import os

from alembic import context
from sqlalchemy import create_engine, pool, text

schema = os.environ.get("TENANT_SCHEMA")
engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    if schema:
        connection.execute(text('SET search_path TO "%s"' % schema))
        connection.dialect.default_schema_name = schema
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
PY
    alembic_revision a1b2c3 None 'op.create_table("notes", sa.Column("body", sa.Text))' 'op.drop_table("notes")'
    alembic_revision d4e5f6 '"a1b2c3"' 'op.add_column("notes", sa.Column("tag", sa.Text))' \
        'op.drop_column("notes", "tag")'
    alembic_revision 0a9b8c '"d4e5f6"' 'op.create_index("notes_body", "notes", ["body"], unique=True)' \
        'op.drop_index("notes_body")'
}

# alembic_revision ID BEFORE UP DOWN
alembic_revision()
{
    cat >"project/env/versions/$1.py" <<PY
"""What $1 does"""
import sqlalchemy as sa
from alembic import op

revision = "$1"
down_revision = $2
branch_labels = None
depends_on = None


def upgrade():
    $3


def downgrade():
    $4
PY
}

# alembic_conf [LINES]: the section as doc/external.md has it
alembic_conf()
{
    cat <<'CONF'
exec "alembic" {
    up = {'alembic', 'upgrade', '${target}'}
    down = {'alembic', 'downgrade', '${target}'}
    current = {'alembic', 'current'}
    revisions = {'alembic', 'history'}
    revision_pattern = '^([^ ]+) -> ([^ ,]+)'
    directory = "project"
CONF
    printf '%s\n}\n' "$@"
}
