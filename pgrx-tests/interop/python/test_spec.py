"""The specification's application code, to the letter, in a database and a process that are not in UTC."""

from datetime import datetime, timedelta

import asyncpg
import psycopg
import psycopg2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlmodel import Session, select

from conftest import ASYNC_DRIVERS, SYNC_DRIVERS, module, page_of_models, spec, spec_models, statements


@pytest.fixture(scope="module", params=["to the letter", "documented"])
def app(request):
    models = page_of_models() if request.param == "documented" else [spec_models()]
    return module("app", *models, spec("queries.py"))


class Awaited:
    """A synchronous session whose methods can be awaited, for the examples, which are written so."""

    def __init__(self, session):
        self.session = session

    def add(self, instance):
        self.session.add(instance)

    async def execute(self, statement):
        return self.session.execute(statement)

    async def commit(self):
        self.session.commit()

    async def refresh(self, instance):
        self.session.refresh(instance)


@pytest.fixture(params=[f"async {d}" for d in ASYNC_DRIVERS] + [f"sync {d}" for d in SYNC_DRIVERS])
async def session(request, database):
    kind, driver = request.param.split()
    if kind == "async":
        engine = create_async_engine(database.url(driver))
        async with AsyncSession(engine, expire_on_commit=False) as session:
            yield session
        await engine.dispose()
    else:
        engine = create_engine(database.url(driver))
        with Session(engine, expire_on_commit=False) as session:
            yield Awaited(session)
        engine.dispose()


def recent(time):
    """Whether a naive time is now, in UTC."""
    return time.tzinfo is None and timedelta(0) <= datetime.utcnow() - time < timedelta(minutes=1)


async def test_the_examples_of_queries(app, session):
    for user_id in ["u1", "u2"]:
        session.add(app.User(id=user_id, email=f"{user_id}@example.com", name=user_id, hashed_password="!"))
    await session.commit()

    first = await app.create_task(session, "u1", "  first ", "with a description")
    second = await app.create_task(session, "u1", "second")
    foreign = await app.create_task(session, "u2", "not of u1")
    assert (first.title, first.description, first.completed, first.completed_at) == (
        "first", "with a description", False, None,
    )  # fmt: skip
    assert recent(first.created_at) and recent(first.updated_at)

    assert {task.id for task in await app.get_user_tasks(session, "u1")} == {first.id, second.id}
    assert [task.id for task in await app.get_pending_tasks(session, "u1")] == [second.id, first.id]

    toggled = await app.toggle_task_completion(session, first.id, "u1")
    assert toggled.completed and recent(toggled.completed_at) and toggled.updated_at > toggled.created_at
    assert [task.id for task in await app.get_pending_tasks(session, "u1")] == [second.id]
    toggled = await app.toggle_task_completion(session, first.id, "u1")
    assert not toggled.completed and toggled.completed_at is None

    assert await app.toggle_task_completion(session, foreign.id, "u1") is None
    assert await app.toggle_task_completion(session, 2_000_000_000, "u1") is None


def test_times_are_stored_as_the_models_give_them(app, database):
    """Also at the hours that a zone with daylight saving has twice or not at all."""
    times = [datetime(2026, 3, 8, 2, 30), datetime(2026, 11, 1, 1, 30), datetime(1999, 12, 31, 23, 59, 59, 999999)]
    for driver in SYNC_DRIVERS:
        engine = create_engine(database.url(driver))
        with Session(engine) as session:
            user = app.User(id=driver, email=f"{driver}@example.com", name="A", hashed_password="!")
            session.add(user)
            session.flush()
            for time in times:
                session.add(app.Task(user_id=driver, title="x", created_at=time, updated_at=time))
            session.commit()
            query = select(app.Task.created_at).where(app.Task.user_id == driver).order_by(app.Task.id)
            assert session.scalars(query).all() == times
        engine.dispose()


def test_deleting_a_user_deletes_the_tasks(app, database):
    engine = create_engine(database.url("psycopg"))
    with Session(engine) as session:
        session.add(app.User(id="u1", email="a@example.com", name="A", hashed_password="!"))
        session.commit()
        session.add(app.Task(user_id="u1", title="x"))
        session.commit()
        session.delete(session.get(app.User, "u1"))
        if hasattr(app, "tasks_from"):
            session.commit()
            assert session.scalars(select(app.Task)).all() == []
        else:
            # The specification's relationship has the ORM set user_id to NULL first, which is refused.
            with pytest.raises(Exception) as raised:
                session.commit()
            assert raised.value.orig.diag.sqlstate == "23502"
            session.rollback()
            assert len(session.scalars(select(app.Task)).all()) == 1
    engine.dispose()


PATTERNS = statements("patterns.sql")
COLUMNS = ["id", "user_id", "title", "description", "completed", "created_at", "updated_at", "completed_at"]


async def by_asyncpg(database, run):
    client = await asyncpg.connect(host=database.host, database=database.name, user=database.role)
    rows = [[dict(row) for row in await client.fetch(statement)] for statement in run]
    await client.close()
    return rows


async def by_dbapi(connect, database, run):
    client = connect(host=database.host, dbname=database.name, user=database.role)
    cursor, rows = client.cursor(), []
    for statement in run:
        cursor.execute(statement)
        names = [column.name for column in cursor.description or []]
        rows.append([dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else [])
        client.commit()
    client.close()
    return rows


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg", "psycopg2"])
async def test_the_seven_patterns(database, driver):
    async def run(*wanted):
        if driver == "asyncpg":
            return await by_asyncpg(database, wanted)
        return await by_dbapi({"psycopg": psycopg, "psycopg2": psycopg2}[driver].connect, database, wanted)

    await run(*statements("sample_data.sql"))
    everything, pending, completed, created, updated, toggled, deleted = await run(*PATTERNS)
    assert [task["title"] for task in everything] == [task["title"] for task in pending]
    assert {task["title"] for task in everything} == {"Buy groceries", "Finish report"}
    assert completed == []
    [created], [updated], [toggled], [deleted] = created, updated, toggled, deleted
    assert list(created) == COLUMNS
    assert recent(created["created_at"]) and recent(created["updated_at"])
    assert (updated["id"], updated["title"]) == (1, "Updated title") and recent(updated["updated_at"])
    assert toggled["completed"] and recent(toggled["completed_at"]) and deleted == toggled

    # Once more, with a task that is newer and one that is done.
    everything, _, completed = await run(PATTERNS[0], PATTERNS[5].replace("id = 1", "id = 2"), PATTERNS[2])
    assert everything[0]["title"] == "New task"
    assert [task["id"] for task in completed] == [2] and recent(completed[0]["completed_at"])
    # Another user's task.
    assert await run(PATTERNS[5].replace("id = 1", "id = 3")) == [[]]
