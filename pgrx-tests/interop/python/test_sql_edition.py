"""The SQL edition is installed by the clients that applications have, as one statement, by a role without any special right."""

import asyncio
import os
import subprocess

import asyncpg
import psycopg
import psycopg2
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from conftest import Database, dropped, edition_script

TODO, TODO_AUTH = edition_script("todo"), edition_script("todo_auth")


@pytest.fixture
def owned():
    database = Database(os.environ["PGHOST"], "sql", install=False)
    database.execute("CREATE EXTENSION pgcrypto")
    yield from dropped(database)


def keywords(owned):
    return {"host": owned.host, "user": owned.owner}


def by_psycopg(owned, sql):
    with psycopg.connect(dbname=owned.name, **keywords(owned)) as client:
        client.execute(sql)


def by_psycopg2(owned, sql):
    client = psycopg2.connect(dbname=owned.name, **keywords(owned))
    try:
        with client, client.cursor() as cursor:
            cursor.execute(sql)
    finally:
        client.close()


def by_asyncpg(owned, sql):
    async def run():
        client = await asyncpg.connect(database=owned.name, **keywords(owned))
        try:
            await client.execute(sql)
        finally:
            await client.close()

    asyncio.run(run())


def by_sqlalchemy(owned, sql, driver="psycopg"):
    engine = create_engine(owned.url(driver, owned.owner))
    with engine.begin() as connection:
        connection.execute(text(sql))
    engine.dispose()


def by_sqlalchemy_and_asyncpg(owned, sql):
    async def run():
        engine = create_async_engine(owned.url("asyncpg", owned.owner))
        async with engine.begin() as connection:
            await connection.execute(text(sql))
        await engine.dispose()

    asyncio.run(run())


def by_alembic(owned, sql):
    engine = create_engine(owned.url("psycopg2", owned.owner))
    with engine.begin() as connection:
        Operations(MigrationContext.configure(connection)).execute(sql)
    engine.dispose()


def by_psql(owned, sql):
    psql = ["psql", "-X", "--quiet", "-v", "ON_ERROR_STOP=1", "-U", owned.owner, "-h", owned.host, "-d", owned.name]
    run = subprocess.run(psql, input=sql, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr)


CLIENTS = [
    by_psql, by_psycopg, by_psycopg2, by_asyncpg, by_sqlalchemy, by_sqlalchemy_and_asyncpg, by_alembic
]  # fmt: skip


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_installs_it(owned, client):
    client(owned, TODO)
    client(owned, TODO_AUTH)
    assert owned.execute("SELECT name FROM todo_check() WHERE NOT ok") == []
    user = owned.execute("SELECT id FROM todo_create_user('ada@example.com', 'Ada', 'long enough')")[0][0]
    assert owned.execute("SELECT title FROM todo_create_task(%s, ' x ')", [user]) == [("x",)]
    assert owned.execute('SELECT email FROM todo_auth."user"') == [("ada@example.com",)]


def failing(error):
    """The statement of the script that PostgreSQL shows with an error."""
    error = getattr(error, "orig", error)
    error = error.__cause__ or error
    return getattr(getattr(error, "diag", error), "internal_query", None) or str(error)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_error_changes_nothing_and_names_its_statement(owned, client):
    broken = TODO.replace("u.is_active, u.email_verified\n    FROM", "u.is_active, u.missing\n    FROM", 1)
    assert broken != TODO
    with pytest.raises(Exception, match="missing") as error:
        client(owned, broken)
    shown = failing(error.value)
    assert "CREATE VIEW" in shown and len(shown) < 2000
    left = "SELECT count(*) FROM pg_class WHERE relname IN ('users', 'tasks', 'todo_users')"
    assert owned.execute(left) == [(0,)]
    assert owned.execute("SELECT to_regnamespace('todo_internal')") == [(None,)]
