"""Alembic's command in projects as docs/alembic.md has them, on a server of their own for the role's name."""

import re
from pathlib import Path

import pytest

from conftest import Database, dropped, edition_script, page_of_models, servers, spec, spec_models, statements
from projects import ADOPT, DOWN, NEW, STAMP, Project

CATALOG = (Path(__file__).parents[2] / "fixtures/catalog.sql").read_text()


@pytest.fixture(scope="module")
def server():
    with servers() as start:
        _, environment = start("start")
        host = environment["PGHOST"]
        database = Database(host, install=False)
        database.execute("CREATE ROLE app")
        yield host
        database.drop()


@pytest.fixture
def database(server, edition):
    yield from dropped(Database(server, edition, install=False))


# A table of the application's own, which Alembic goes on looking after.
NOTES = """

class Note(SQLModel, table=True):
    __tablename__ = "notes"

    id: int = Field(primary_key=True)
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE", index=True, max_length=36)
"""


@pytest.fixture(params=["models to the letter", "documented models"])
def models(request):
    return [spec_models()] if request.param.endswith("letter") else page_of_models()[:1]


def test_a_new_project(tmp_path, database, models):
    project = Project(tmp_path, database, models, documented_env=True)
    project.revision("001", NEW[database.edition])
    project.run("upgrade", "head")
    assert project.version() == "1.1.0"
    project.run("check")
    assert may_write(database)
    fresh = database.catalogs(CATALOG)

    for statement in statements("sample_data.sql"):
        database.execute(statement)
    rows = project.rows()
    assert [len(table) for table in rows] == [2, 3]
    project.run("downgrade", "-1")
    assert (project.version(), project.rows()) == (DOWN[database.edition], rows)
    project.run("upgrade", "head")
    assert (project.version(), project.rows()) == ("1.1.0", rows)
    assert database.catalogs(CATALOG) == fresh
    project.run("check")


def may_write(database):
    return database.execute("SELECT has_table_privilege('app', 'users', 'INSERT')") == [(True,)]


def test_tables_of_the_applications_own_are_found(tmp_path, database, models):
    project = Project(tmp_path, database, models, documented_env=True)
    project.revision("001", NEW[database.edition])
    project.run("upgrade", "head")
    with (tmp_path / "app.py").open("a") as app:
        app.write(NOTES)
    assert project.attempt("check").returncode != 0
    _, upgrade = project.autogenerate()
    assert re.findall(r"op\.(\w+)\((?:op\.f\()?'(\w+)'", upgrade) == [
        ("create_table", "notes"),
        ("create_index", "ix_notes_user_id"),
    ]
    project.run("upgrade", "head")
    project.run("check")
    project.run("downgrade", "base")
    assert project.version() == DOWN[database.edition]


def specified(path, database, models):
    """A project that has run the specification's migration, and has rows."""
    project = Project(path, database, models, documented_env=True)
    project.revision("001", spec("migration_001.py")[2])
    project.run("upgrade", "head")
    for statement in statements("sample_data.sql"):
        # The specification's migration gives `updated_at` no default, which its own sample data would need.
        database.execute(statement.replace("created_at)", "created_at, updated_at)").replace("NOW())", "NOW(), NOW())"))
    project.revision("002", ADOPT[database.edition])
    return project


def test_a_project_that_had_run_the_specifications_migration(tmp_path, database, models):
    project = specified(tmp_path, database, models)
    project.run("upgrade", "head")
    rows = project.rows()
    assert project.version() == "1.1.0" and [len(table) for table in rows] == [2, 3]
    assert may_write(database)
    project.run("check")
    project.run("downgrade", "-1")
    assert (project.version(), project.rows()) == (DOWN[database.edition], rows)

    if database.edition == "extension":
        refused = project.attempt("downgrade", "base")
        assert refused.returncode != 0 and "DependentObjectsStillExist" in refused.stderr
        assert (project.version(), project.rows()) == ("0.2.0", rows)
    assert "001" in project.run("current")

    project.run("upgrade", "head")
    assert (project.version(), project.rows()) == ("1.1.0", rows)
    project.run("check")
    if database.edition == "sql":
        project.run("downgrade", "base")
        assert database.execute("SELECT to_regclass('users'), to_regclass('tasks')") == [(None, None)]


def test_tables_that_an_operator_adopted(tmp_path, database):
    project = specified(tmp_path, database, [spec_models()])
    if database.edition == "extension":
        database.execute("CREATE EXTENSION todo VERSION 'adopt'")
        database.execute("ALTER EXTENSION todo UPDATE")
    else:
        database.execute(f"CREATE EXTENSION pgcrypto; SET todo.adopt = on; {edition_script('todo')}")
    rows = project.rows()
    assert project.attempt("check").returncode != 0, "Alembic does not know yet"
    project.sh(STAMP)
    assert "002" in project.run("current")
    project.run("upgrade", "head")
    assert (project.version(), project.rows()) == ("1.1.0", rows)


def test_rows_that_break_a_rule_stop_the_adoption(tmp_path, database):
    project = specified(tmp_path, database, [spec_models()])
    database.execute("UPDATE tasks SET title = ' ' WHERE id = 2")
    rows = project.rows()
    refused = project.attempt("upgrade", "head")
    assert refused.returncode != 0 and "CheckViolation" in refused.stderr
    assert (project.version(), project.rows()) == (None, rows)
    assert "001" in project.run("current")


def test_what_autogenerate_would_drop_is_guarded(tmp_path, database):
    """Without the documented env.py and models, the cascade would go."""
    project = Project(tmp_path, database, [spec_models()], documented_env=False)
    project.revision("001", NEW[database.edition])
    project.run("upgrade", "head")
    for statement in statements("sample_data.sql"):
        database.execute(statement)
    before = project.rows(), database.catalogs(CATALOG)
    assert project.attempt("check").returncode != 0
    file, upgrade = project.autogenerate()
    assert "op.drop_constraint" in upgrade and "tasks_user_id_fkey" in upgrade
    assert upgrade.count("op.drop_index") == 5
    refused = project.attempt("upgrade", "head")
    assert refused.returncode != 0 and "DependentObjectsStillExist" in refused.stderr, refused.stderr
    assert (project.rows(), database.catalogs(CATALOG)) == before

    # Nor if it came to the cascade alone.
    only = "op.drop_constraint(op.f('tasks_user_id_fkey'), 'tasks', type_='foreignkey')"
    assert only in upgrade
    file.write_text(file.read_text().replace(upgrade, f"def upgrade() -> None:\n    {only}\n\n\n"))
    refused = project.attempt("upgrade", "head")
    assert refused.returncode != 0 and "DependentObjectsStillExist" in refused.stderr, refused.stderr
    assert (project.rows(), database.catalogs(CATALOG)) == before


def test_the_documented_models_need_no_env(tmp_path, database):
    project = Project(tmp_path, database, page_of_models()[:1], documented_env=False)
    project.revision("001", NEW[database.edition])
    project.run("upgrade", "head")
    project.run("check")
