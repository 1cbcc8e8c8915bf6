"""Tables of an application beside the extension's: through Alembic, in any schema, and through dump and restore."""

import datetime
import os
import re
import subprocess

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlmodel import Session

from conftest import Database, dropped, module, page_of_models
from projects import IN_A_SCHEMA, NEW, Project

# What the page has before its functions: models of the extension's tables, and of tables beside.
EXTENSIONS, OWN = page_of_models()[:2]
CRM = """

class Contact(SQLModel, table=True):
    __tablename__ = "users"
    __table_args__ = {"schema": "crm"}

    id: int = Field(primary_key=True)
"""
CREATED = [
    ("create_table", "task_details"),
    ("create_index", "ix_task_details_due_date"),
    ("create_table", "user_settings"),
]


def operations(upgrade):
    return sorted(re.findall(r"op\.(\w+)\((?:op\.f\()?'(\w+)'", upgrade))


def project(path, database, models, schema="public", include_schemas=False):
    """A project whose first revision has run, with the extension in this schema."""
    made = Project(path, database, models, documented_env=True)
    env = path / "migrations/env.py"
    if include_schemas:
        env.write_text(
            env.read_text().replace("(connection=connection,", "(connection=connection, include_schemas=True,")
        )
        assert "include_schemas=True" in env.read_text()
    revision = NEW[database.edition].replace("'app'", f"'{database.role}'")
    if schema != "public" and database.edition == "sql":
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        revision = revision[: revision.index("def upgrade")] + IN_A_SCHEMA.replace("'app'", f"'{database.role}'")
    elif schema != "public":
        revision = revision.replace("SELECT todo_grant", f"SELECT {schema}.todo_grant")
        revision = revision.replace(
            'op.execute("CREATE EXTENSION IF NOT EXISTS todo VERSION',
            f'op.execute("CREATE SCHEMA IF NOT EXISTS {schema}")\n'
            f'    op.execute("CREATE EXTENSION IF NOT EXISTS todo SCHEMA {schema} VERSION',
        )
        assert revision.count(schema) >= 3
    made.revision("001", revision)
    made.run("upgrade", "head")
    return made


def member_tables(database):
    """Columns and indexes of the extension's tables."""
    return database.catalogs(
        """SELECT c.oid::regclass::text, a.attname::text FROM pg_depend AS d JOIN pg_class c ON c.oid = d.objid
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
           WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass
           UNION ALL
           SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_depend AS d JOIN pg_index i ON i.indrelid = d.objid
           WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass
           ORDER BY 1, 2"""
    )


# Where the extension is, how it is found, and whether Alembic looks into all schemas.
PLACES = [
    ("public", None, False),
    ("public", None, True),
    ("app", "app, public", False),
    ("app", "app, public", True),
    ("app", "public, app", False),
    ("app", None, True),
    ("app", None, False),
]


@pytest.mark.parametrize(("schema", "search_path", "include_schemas"), PLACES)
def test_alembic_sees_ones_own_tables_alone(tmp_path, empty_database, schema, search_path, include_schemas):
    database = empty_database
    database.execute("CREATE SCHEMA crm")
    if search_path:
        database.execute("CREATE SCHEMA app")
        database.execute(f"ALTER DATABASE {database.name} SET search_path = {search_path}")
    file, line, code = EXTENSIONS
    if schema == "app" and not search_path:
        code = code.replace("\n\nclass User(", '\n\nSQLModel.metadata.schema = "app"\n\n\nclass User(', 1)
        assert "metadata.schema" in code
    models = [(file, line, code), (None, 0, CRM)] if include_schemas else [(file, line, code)]
    made = project(tmp_path, database, models, schema, include_schemas)
    before = member_tables(database)
    if include_schemas:
        _, upgrade = made.autogenerate()
        assert operations(upgrade) == [("create_table", "users")] and "schema='crm'" in upgrade, upgrade
        made.run("upgrade", "head")
        assert database.execute("SELECT count(*) FROM crm.users") == [(0,)]
    made.run("check")
    assert member_tables(database) == before
    if database.edition == "sql":
        made.run("downgrade", "base")
        assert made.version() is None
        made.run("upgrade", "head")
        made.run("check")
        assert member_tables(database) == before


def test_side_tables_are_migrated(tmp_path, empty_database, copy):
    """From nothing to a restored dump, and back."""
    database = empty_database
    made = project(tmp_path, database, [EXTENSIONS, OWN])
    before = member_tables(database)
    _, upgrade = made.autogenerate()
    assert operations(upgrade) == sorted(CREATED), upgrade
    assert upgrade.count("ondelete='CASCADE'") == 2
    made.run("upgrade", "head")
    made.run("check")
    assert member_tables(database) == before
    database.execute(
        "INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A'), ('u2', 'b@example.com', 'B')"
    )
    database.execute(
        "SELECT todo_create_task('u1', 'one'), todo_create_task('u1', 'two'), todo_create_task('u2', 'other')"
    )
    database.execute("INSERT INTO task_details SELECT id, date '2030-01-01' + id FROM tasks")
    database.execute("INSERT INTO user_settings SELECT id, 'fr' FROM users")

    restore(database, copy)
    for table in ("users", "tasks", "task_details", "user_settings"):
        rows = f"SELECT * FROM {table} ORDER BY 1"
        assert copy.execute(rows) == database.execute(rows) and len(copy.execute(rows)) > 1
    assert member_tables(copy) == before
    made.use(copy)
    made.run("check")
    cascades(copy)

    made.use(database)
    made.run("downgrade", "-1")
    assert member_tables(database) == before
    assert database.execute("SELECT count(*) FROM tasks") == [(3,)]
    assert database.execute("SELECT to_regclass('task_details'), to_regclass('user_settings')") == [(None, None)]


@pytest.fixture
def copy(empty_database):
    """A database for its dump, of the same owner."""
    owner = empty_database.owner
    yield from dropped(Database(os.environ["PGHOST"], empty_database.edition, install=False, owner=owner))


def restore(database, copy):
    dump = ["pg_dump", "-Fc", "-U", database.owner, database.name]
    archive = subprocess.run(dump, capture_output=True, check=True).stdout
    load = ["pg_restore", "--exit-on-error", "-U", copy.owner, "-d", copy.name]
    subprocess.run(load, input=archive, capture_output=True, check=True)


def cascades(database):
    """Rows of side tables go with their task or user, by function and by plain SQL."""
    ids = "SELECT task_id FROM task_details ORDER BY task_id"
    database.execute("SELECT todo_delete_task(1, 'u1')")
    assert database.execute(ids) == [(2,), (3,)]
    database.execute("SELECT todo_complete_task(2, 'u1'), todo_clear_completed('u1')")
    assert database.execute(ids) == [(3,)]
    database.execute("SELECT todo_delete_user('u1')")
    assert database.execute("SELECT user_id FROM user_settings") == [("u2",)]
    database.execute("DELETE FROM users")
    assert database.execute(ids) == database.execute("SELECT user_id FROM user_settings") == []
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.execute("INSERT INTO task_details VALUES (1, now())")


@pytest.fixture
def app():
    return module("app", EXTENSIONS, OWN)


def test_a_due_date(app, database):
    """The page's functions, by a role that has made the tables itself; in the SQL edition, the owner makes them."""
    database.execute(f"GRANT CREATE ON SCHEMA public TO {database.role}")
    engine = create_engine(database.url("psycopg"))
    maker = engine if database.edition == "extension" else create_engine(database.url("psycopg", database.owner))
    app.SQLModel.metadata.create_all(maker, tables=[app.UserSettings.__table__, app.TaskDetails.__table__])
    if maker is not engine:
        maker.dispose()
        database.execute(f"GRANT SELECT, INSERT, UPDATE ON user_settings, task_details TO {database.role}")
    database.execute(
        "INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A'), ('u2', 'b@example.com', 'B')"
    )
    database.execute("SELECT todo_create_task(u, 'x') FROM unnest('{u1,u1,u1,u2}'::text[]) AS u")
    day = datetime.date(2030, 1, 1)
    with Session(engine) as session:
        for task_id, user_id, due in [
            (1, "u1", day),
            (2, "u1", day),
            (3, "u1", day.replace(year=2031)),
            (4, "u2", day),
        ]:
            assert app.set_due_date(session, task_id, user_id, due).due_date == due
        assert app.set_due_date(session, 4, "u1", day.replace(day=2)) is None
        assert app.set_due_date(session, 99, "u1", day) is None
        app.set_due_date(session, 1, "u1", day.replace(day=5))
        session.execute(app.text("UPDATE tasks SET completed = true WHERE id = 3"))
        found = app.due_tasks(session, "u1", day.replace(day=31))
        assert [(task.id, due) for task, due in found] == [(2, day), (1, day.replace(day=5))]
        assert app.due_tasks(session, "u2", day.replace(year=2029)) == []
        session.commit()
    assert database.execute("SELECT task_id FROM task_details WHERE due_date = '2030-01-01' ORDER BY 1") == [(2,), (4,)]
    database.execute("SELECT todo_delete_user('u1')")
    assert database.execute("SELECT task_id FROM task_details") == [(4,)]
    engine.dispose()
