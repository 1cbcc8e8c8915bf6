"""Pools as docs/pools.md has them: SQLAlchemy's across a restart of the server, and PgBouncer in transaction mode."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import asyncpg
import psycopg
import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

from conftest import SYNC_DRIVERS, Database, cluster_sh, module, page, servers, spec

SYNC_POOL, ASYNC_POOL, BEHIND_PGBOUNCER = page("pools.md")
CLIENTS, SERVER_CONNECTIONS, TASKS, ROUNDS = 50, 5, 10, 8
TOGGLE = "SELECT completed FROM todo_toggle_task({}, 'u1')"
LIST = "SELECT * FROM todo_list_tasks('u1')"


def with_tasks(database):
    database.execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A')")
    database.execute(f"INSERT INTO tasks (user_id, title) SELECT 'u1', 'x' FROM generate_series(1, {TASKS})")
    return database


@pytest.fixture
def restarted():
    """A database in a cluster of its own, and what restarts that."""
    with servers() as start:
        directory, environment = start("start")
        database = with_tasks(Database(environment["PGHOST"]))
        yield database, lambda: cluster_sh("restart", directory)


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_the_specifications_pool_survives_a_restart_with_pre_ping(restarted, driver):
    database, restart = restarted
    url = database.url(driver)
    engines = {
        "specified": module("specified", spec("pool.py"), DATABASE_URL=url).engine,
        "documented": module("documented", SYNC_POOL, DATABASE_URL=url).engine,
    }

    def use(engine):
        """As many connections at once as the pool keeps, each of them for a toggle and a list."""
        meet = threading.Barrier(10)

        def request(number):
            with engine.begin() as connection:
                meet.wait(60)
                connection.execute(text(TOGGLE.format(number + 1)))
                assert len(connection.execute(text(LIST)).all()) == TASKS

        with ThreadPoolExecutor(10) as threads:
            list(threads.map(request, range(10)))

    for engine in engines.values():
        use(engine)
        assert isinstance(engine.pool, QueuePool) and (engine.pool.size(), engine.pool.checkedin()) == (10, 10)
    restart()
    with pytest.raises(DBAPIError) as raised, engines["specified"].begin() as connection:
        connection.execute(text(LIST))
    assert raised.value.connection_invalidated
    use(engines["documented"])
    assert database.execute("SELECT count(*) FROM tasks WHERE completed") == [(TASKS,)]
    for engine in engines.values():
        engine.dispose()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_the_async_pool_survives_a_restart(restarted, driver):
    database, restart = restarted
    engine = module("documented", ASYNC_POOL, ASYNC_DATABASE_URL=database.url(driver)).async_engine

    async def use():
        meet = asyncio.Barrier(10)

        async def request(number):
            async with engine.begin() as connection:
                await meet.wait()
                await connection.execute(text(TOGGLE.format(number + 1)))

        await asyncio.gather(*map(request, range(10)))

    await use()
    restart()
    await use()
    assert database.execute("SELECT count(*) FROM tasks WHERE completed") == [(0,)]
    await engine.dispose()


def test_errors_show_no_parameters(database):
    engine = module("documented", SYNC_POOL, DATABASE_URL=database.url("psycopg")).engine
    with pytest.raises(DBAPIError) as raised, engine.begin() as connection:
        create = text("SELECT * FROM todo_create_user('no address', 'N', :password)")
        connection.execute(create, {"password": "a canary, plain"})
    assert "canary" not in str(raised.value)
    engine.dispose()


def test_an_async_engine_refuses_the_specifications_pool_class(database):
    with pytest.raises(ArgumentError):
        create_async_engine(database.url("asyncpg"), poolclass=QueuePool)


@pytest.fixture
def pgbouncer(database):
    with servers() as start:
        _, environment = start("pgbouncer", database.role, "postgres")
        where = {"host": environment["PGHOST"], "port": environment["PGPORT"]}
        yield with_tasks(database), where
        assert left_prepared(database, where) == 0


def left_prepared(database, where):
    """Prepared statements that clients left on the server connections, all of which are held at once."""
    with ExitStack() as stack:
        login = {**where, "user": database.role, "dbname": database.name, "prepare_threshold": None}
        clients = [stack.enter_context(psycopg.connect(**login)) for _ in range(SERVER_CONNECTIONS)]
        count = "SELECT count(*) FROM pg_prepared_statements"
        return sum(client.execute(count).fetchone()[0] for client in clients)


def server_connections(database):
    return database.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [database.role])[0][0]


def check(database, answers):
    """Every toggle counted: each task went to and fro, an even number of times."""
    for task_id, completed in answers.items():
        assert len(completed) == CLIENTS * ROUNDS, task_id
        assert sum(completed) == CLIENTS * ROUNDS // 2, task_id
    assert database.execute("SELECT count(*) FROM tasks WHERE completed") == [(0,)]
    assert 0 < server_connections(database) <= SERVER_CONNECTIONS


def in_threads(database, connect):
    """connect() gives a client's `run(statement) -> rows`, a transaction each, and its end."""
    answers = {task_id: [] for task_id in range(1, TASKS + 1)}
    meet = threading.Barrier(CLIENTS)

    def client(_):
        run, end = connect()
        run("SELECT 1")
        meet.wait(60)
        for _ in range(ROUNDS):
            for task_id in answers:
                [[completed]] = run(TOGGLE.format(task_id))
                answers[task_id].append(completed)
            assert len(run(LIST)) == TASKS
        end()

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(client, range(CLIENTS)))
    check(database, answers)


async def in_tasks(database, connect):
    """The same with coroutines."""
    answers = {task_id: [] for task_id in range(1, TASKS + 1)}
    meet = asyncio.Barrier(CLIENTS)

    async def client():
        run, end = await connect()
        await run("SELECT 1")
        await meet.wait()
        for _ in range(ROUNDS):
            for task_id in answers:
                [[completed]] = await run(TOGGLE.format(task_id))
                answers[task_id].append(completed)
            assert len(await run(LIST)) == TASKS
        await end()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    check(database, answers)


def documented(database, where):
    urls = {f"{driver.upper()}_URL": database.url(driver, **where) for driver in ["asyncpg", "psycopg", "psycopg2"]}
    return module("behind_pgbouncer", BEHIND_PGBOUNCER, **urls)


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_pgbouncer_and_sqlalchemy(pgbouncer, driver):
    database, where = pgbouncer
    engine = getattr(documented(database, where), f"by_{driver}")

    def connect():
        connection = engine.connect()

        def run(statement):
            with connection.begin():
                return connection.execute(text(statement)).all()

        return run, connection.close

    in_threads(database, connect)


async def test_pgbouncer_and_sqlalchemy_with_asyncpg(pgbouncer):
    database, where = pgbouncer
    engine = documented(database, where).by_asyncpg

    async def connect():
        connection = await engine.connect()

        async def run(statement):
            async with connection.begin():
                return (await connection.execute(text(statement))).all()

        return run, connection.close

    await in_tasks(database, connect)


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_pgbouncer_and_drivers(pgbouncer, driver):
    database, where = pgbouncer
    library, arguments = {"psycopg": (psycopg, {"prepare_threshold": None}), "psycopg2": (psycopg2, {})}[driver]

    def connect():
        client = library.connect(**where, user=database.role, dbname=database.name, **arguments)
        client.autocommit = True

        def run(statement):
            with client.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()

        return run, client.close

    in_threads(database, connect)


async def test_pgbouncer_and_asyncpg(pgbouncer):
    database, where = pgbouncer

    async def connect():
        client = await asyncpg.connect(**where, user=database.role, database=database.name, statement_cache_size=0)
        return client.fetch, client.close

    await in_tasks(database, connect)


def test_pgbouncer_refuses_options(pgbouncer):
    database, where = pgbouncer
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**where, user=database.role, dbname=database.name, options="-c search_path=public")
