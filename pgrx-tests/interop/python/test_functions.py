"""The functions through the models, as docs/sqlmodel.md shows, sync and async; and two requests at once."""

from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Session, select

from conftest import ASYNC_DRIVERS, SYNC_DRIVERS, functions, module, page_of_models, sample, spec


@pytest.fixture(scope="module")
def app():
    return module("app", *page_of_models(), spec("queries.py"))


@pytest.fixture
def users(database):
    database.execute(
        "INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A'), ('u2', 'b@example.com', 'B')"
    )
    # Only functions, and their own tasks: what `todo_grant(role)` gives.
    database.execute(f"SELECT todo_revoke('{database.role}'); SELECT todo_grant('{database.role}')")
    return database


@contextmanager
def opened(database, driver):
    engine = create_engine(database.url(driver))
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_functions_return_objects_of_the_models(app, users, driver):
    with opened(users, driver) as session:
        tasks = [app.add_task(session, "u1", f" task {number} ") for number in range(3)]
        described = app.add_task(session, "u1", "described", "how")
        assert isinstance(described, app.Task) and described.description == "how"
        assert [task.title for task in tasks] == ["task 0", "task 1", "task 2"]
        newest = [described, *reversed(tasks)]
        assert app.pending_tasks(session, "u1") == newest
        assert app.pending_tasks(session, "u1", 2) == newest[:2]
        assert app.pending_tasks(session, "u2") == []
        assert users.execute("SELECT count(*) FROM tasks") == [(4,)], "committed"

        deleted = app.delete_task(session, described.id, "u1")
        assert deleted.title == "described"
        assert app.delete_task(session, described.id, "u1") is None
        assert users.execute("SELECT count(*) FROM tasks") == [(3,)], "committed"


ON_TASKS = [function for function in functions() if function.returns == "tasks"]
COLUMNS = ["user_id", "title", "description", "completed"]


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_every_function_on_tasks_returns_objects(app, database, driver):
    database.execute(sample())
    database.execute(f"SELECT todo_revoke('{database.role}'); SELECT todo_grant('{database.role}')")
    assert len(ON_TASKS) > 5
    with opened(database, driver) as session:
        for function in ON_TASKS:
            # The rows as they come without the models, in a transaction that is rolled back as well.
            with database.connect() as client, client.transaction(force_rollback=True):
                rows = client.execute(f"SELECT {', '.join(COLUMNS)} FROM {function.call()}").fetchall()
            found = session.scalars(app.tasks_from(function.call())).all()
            assert rows and all(isinstance(task, app.Task) for task in found), function.name
            assert [tuple(getattr(task, column) for column in COLUMNS) for task in found] == rows, function.name
            session.rollback()
            if function.effect != "creates":
                assert session.scalars(app.tasks_from(function.call(user_id="'u2'"))).all() == [], function.name
                session.rollback()


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_a_function_replaces_what_the_session_remembers(app, users, driver):
    with opened(users, driver) as session:
        task = app.add_task(session, "u1", "x")
        assert not task.completed
        again = session.scalars(app.TOGGLE, {"task_id": task.id, "user_id": "u1"}).one()
        assert again is task and task.completed and task.completed_at is not None


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_a_login_tells_all_but_the_hash(app, users, driver):
    with opened(users, driver) as session:
        session.execute(text("SELECT todo_create_user('ada@example.com', 'Ada', 'correct horse')"))
        session.commit()
        ada = app.log_in(session, "ADA@example.com", "correct horse")
        assert (ada.email, ada.name, ada.is_active, ada.email_verified) == ("ada@example.com", "Ada", True, False)
        assert not hasattr(ada, "hashed_password") and not session.in_transaction()
        assert app.log_in(session, "ada@example.com", "wrong horse") is None
        # The table itself is closed to a role with functions only.
        with pytest.raises(DBAPIError) as raised:
            session.scalars(select(app.User)).all()
        assert (getattr(raised.value.orig, "sqlstate", None) or raised.value.orig.pgcode) == "42501"
        session.rollback()


@pytest.mark.parametrize("driver", ASYNC_DRIVERS)
async def test_functions_from_async_code(app, users, driver):
    engine = create_async_engine(users.url(driver))
    async with async_sessionmaker(engine, expire_on_commit=False)() as session:
        create = {"user_id": "u1", "title": "x", "description": None}
        task = (await session.scalars(app.CREATE, create)).one()
        await session.commit()
        toggled = await app.toggle_task(session, task.id, "u1")
        assert toggled is task and task.completed and task.completed_at is not None
        assert users.execute("SELECT completed FROM tasks") == [(True,)], "committed"
        assert await app.toggle_task(session, task.id, "u2") is None
        assert await app.toggle_task(session, 3_000_000_000, "u1") is None
        assert (await session.scalars(app.PENDING, {"user_id": "u1", "count": 20})).all() == []
    await engine.dispose()


@pytest.mark.parametrize("driver", ASYNC_DRIVERS)
async def test_reading_and_writing_back_loses_toggles_and_the_function_none(app, users, driver):
    engine = create_async_engine(users.url(driver), pool_size=16)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    by_examples = await app.lost_toggles(sessions, app.toggle_task_completion, "u1")
    answers = []

    async def toggle(session, task_id, user_id):
        answers.append((await app.toggle_task(session, task_id, user_id)).completed)

    by_function = await app.lost_toggles(sessions, toggle, "u1")
    print(f"{driver}: read and written back, {by_examples} of 400 toggles are lost; by the function, {by_function}")
    await engine.dispose()
    assert by_examples > 0
    assert by_function == 0
    assert (len(answers), sum(answers)) == (400, 200)
