"""docs/isolation.md: a session of one user, and the claims that PostgREST sets. In both editions."""

import json

import psycopg
import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import QueuePool

from conftest import SYNC_DRIVERS, module, page, page_of_models


@pytest.fixture
def isolated(database):
    database.execute(f"SELECT todo_grant('{database.role}', 'isolated')")
    users = (
        "INSERT INTO users (id, email, name) SELECT 'u' || i, i || '@example.com', 'U' FROM generate_series(1, 20) AS i"
    )
    database.execute(users)
    tasks = (
        "INSERT INTO tasks (user_id, title) SELECT 'u' || i % 20 + 1, 'Task ' || i FROM generate_series(1, 200) AS i"
    )
    database.execute(tasks)
    return database


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_sessions_of_users_share_a_pool(isolated, driver):
    models = module("isolation", *page_of_models(), *page("isolation.md"))
    engine = create_engine(isolated.url(driver), poolclass=QueuePool, pool_size=2, max_overflow=0)
    for i in list(range(1, 21)) * 2:
        with models.session_of(engine, f"u{i}") as session:
            assert {task.user_id for task in session.scalars(select(models.Task))} == {f"u{i}"}
            assert session.scalar(select(func.count()).select_from(models.Task)) == 10
            session.commit()
            # The next transaction of the session is the user's as well.
            task = session.scalars(select(models.Task).order_by(models.Task.id)).first()
            task.title = "changed"
            session.commit()
            session.add(models.Task(user_id="u21" if i == 20 else f"u{i + 1}", title="not mine"))
            with pytest.raises(Exception, match="row-level security"):
                session.commit()
            session.rollback()
    # Without a user, the same connections show nothing.
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(models.Task)) == 0
    engine.dispose()
    assert isolated.execute("SELECT DISTINCT count(*) FROM tasks WHERE title = 'changed' GROUP BY user_id") == [(1,)]


def test_claims_of_postgrest(isolated):
    """As PostgREST does: one login role, which switches to the role of the token and sets the claims, in each transaction."""
    authenticator = f"authenticator_{isolated.name}"
    isolated.own_roles.append(authenticator)
    with isolated.connect(user="postgres") as client:
        client.execute(f"CREATE ROLE {authenticator} LOGIN NOINHERIT")
        client.execute(f"GRANT {isolated.role} TO {authenticator}")
    with psycopg.connect(host=isolated.host, dbname=isolated.name, user=authenticator) as client:
        for user, count in [("u1", 10), ("u2", 10), (None, 0), ("u1", 10), ("nobody", 0)]:
            with client.transaction():
                claims = json.dumps({"role": isolated.role, "sub": user} if user else {"role": isolated.role})
                client.execute(
                    "SELECT set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
                    [isolated.role, claims],
                )
                rows = client.execute("SELECT user_id FROM tasks").fetchall()
                assert (len(rows), {row[0] for row in rows}) == (count, {user} if count else set())
                assert len(client.execute("SELECT * FROM todo_list_tasks()").fetchall()) == count
                assert client.execute("SELECT id FROM todo_users").fetchall() == ([(user,)] if count else [])
                assert client.execute("SELECT id FROM todo_update_user('u3', name => 'X')").fetchall() == []
            # Between transactions, the login role has no rights.
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                client.execute("SELECT * FROM tasks")
            client.rollback()
