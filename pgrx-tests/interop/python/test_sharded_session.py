"""docs/sharded-session.md: SQLAlchemy's session for users in several databases, here four on two servers."""

import json
import os
import subprocess
import uuid
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import bindparam, delete, func, insert, or_, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlmodel import Session, select

from conftest import TOP, module, page, page_of_models, servers, spec_models

COUNT = 4


def todo_admin(directory, *arguments):
    command = [TOP / "target/package/todo-admin", "shards", *arguments]
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, edition):
    """The databases, as `todo-admin` creates them, and where they are."""
    with servers() as start:
        hosts = {"a": os.environ["PGHOST"], "b": start("start")[1]["PGHOST"]}
        names = [f"todo_{number}" for number in range(COUNT)]
        shards = [{"database": name, "server": "ab"[number % 2]} for number, name in enumerate(names)]

        def connect(server, database):
            return psycopg.connect(host=hosts[server], user="postgres", dbname=database, autocommit=True)

        # The SQL edition is an ordinary role's.
        operator = "postgres" if edition == "extension" else "shards_operator"
        directory = tmp_path_factory.mktemp("shards")
        listed = {
            "servers": {server: f"host={host} user={operator}" for server, host in hosts.items()},
            "shards": shards,
        }
        (directory / "shards.json").write_text(json.dumps(listed))
        try:
            for server in hosts:
                with connect(server, "postgres") as client:
                    client.execute("CREATE ROLE app LOGIN; CREATE ROLE shards_operator LOGIN CREATEDB")
            todo_admin(directory, "init", "--edition", edition)
            todo_admin(directory, "grant", "app", "--tables")
            yield SimpleNamespace(directory=directory, shards=shards, connect=connect)
        finally:
            for server in hosts:
                with connect(server, "postgres") as client:
                    for shard in shards:
                        client.execute(f"DROP DATABASE IF EXISTS {shard['database']} WITH (FORCE)")
                    client.execute("DROP ROLE IF EXISTS app, shards_operator")


@pytest.fixture
def app(cluster, monkeypatch):
    """The page's code; the databases have no users."""
    for shard in cluster.shards:
        with cluster.connect(**shard) as client:
            client.execute("DELETE FROM users; SELECT setval('tasks_id_seq', 1, false)")
    monkeypatch.chdir(cluster.directory)
    made = module("app", *page_of_models(), *page("sharded-session.md"))
    yield made
    for engine in made.ENGINES.values():
        engine.dispose()


def stored(cluster, query="SELECT title, user_id FROM tasks ORDER BY id"):
    """The rows of each database."""
    rows = []
    for shard in cluster.shards:
        with cluster.connect(**shard) as client:
            rows.append(client.execute(query).fetchall())
    return rows


def partitions(cluster, ids):
    """Where PostgreSQL's own partitions have these ids."""
    with cluster.connect(**cluster.shards[0]) as client, client.transaction(force_rollback=True):
        client.execute("CREATE TABLE spread (id varchar(36) NOT NULL) PARTITION BY HASH (id)")
        for number in range(COUNT):
            rest = f"FOR VALUES WITH (MODULUS {COUNT}, REMAINDER {number})"
            client.execute(f"CREATE TABLE part_{number} PARTITION OF spread {rest}")
        with client.cursor().copy("COPY spread FROM STDIN") as copy:
            for user_id in ids:
                copy.write_row([user_id])
        return dict(client.execute("SELECT id, 'todo_' || right(tableoid::regclass::text, 1) FROM spread").fetchall())


def users_of_each(app):
    """A user for each database, with its id."""
    found = {}
    while len(found) < COUNT:
        user_id = str(uuid.uuid4())
        found.setdefault(app.shard_of(user_id), user_id)
    return [found[f"todo_{number}"] for number in range(COUNT)]


@pytest.fixture
def users(app):
    """A user in each database."""
    ids = users_of_each(app)
    for number, user_id in enumerate(ids):
        with app.UserSession() as session:
            session.add(app.User(id=user_id, email=f"{number}@example.com", name="U"))
            session.commit()
    return ids


def test_the_hash_is_postgresqls(app, cluster):
    ids = [str(uuid.uuid4()) for _ in range(10000)]
    ids += [("ü😀x" * 12)[:length] + str(number) for length in range(34) for number in range(300)]
    ids += [chr(97 + number % 26) * length for length in range(36) for number in range(26)]
    ids = list(set(ids))
    assert len(ids) > 20000
    assert partitions(cluster, ids) == {user_id: app.shard_of(user_id) for user_id in ids}
    with cluster.connect(**cluster.shards[0]) as client:
        query = "SELECT id, hashtextextended(id, 8816678312871386365) & 4294967295 FROM unnest(%s::text[]) AS id"
        expected = dict(client.execute(query, [ids]).fetchall())
    assert expected == {user_id: app.hash_text(user_id, 8816678312871386365) for user_id in ids}


def test_rows_are_where_the_hash_says(app, cluster):
    # A few by the function, because each password takes a while.
    ids = [app.register(f"{number}@example.com", "U", "correct horse") for number in range(4)]
    ids += [str(uuid.uuid4()) for _ in range(40)]
    for user_id in ids:
        with app.UserSession() as session:
            if user_id in ids[4:]:
                session.add(app.User(id=user_id, email=f"{user_id}@example.com", name="U"))
            session.add(app.Task(user_id=user_id, title="by its id"))
            user = session.get(app.User, user_id)
            user.tasks.append(app.Task(title="by its user"))
            session.add(app.Task(title="by its other side", user=user))
            session.commit()
            created = session.scalars(app.CREATE, {"user_id": user_id, "title": "by a function", "description": None})
            assert created.one().user_id == user_id
            session.commit()
    expected = partitions(cluster, ids)
    assert set(expected.values()) == set(app.ENGINES)
    rows = stored(cluster, "SELECT id FROM users")
    assert {user_id: f"todo_{number}" for number, found in enumerate(rows) for (user_id,) in found} == expected
    rows = stored(cluster)
    assert sum(map(len, rows)) == 4 * len(ids)
    assert all(expected[user_id] == f"todo_{number}" for number, found in enumerate(rows) for _, user_id in found)


def test_the_pages_functions(app, cluster, users):
    for user_id in users:
        with app.UserSession() as session:
            tasks = [app.Task(user_id=user_id, title=f"task {number}") for number in range(3)]
            session.add_all(tasks)
            session.commit()
            ids = [task.id for task in tasks]
        assert app.toggle(ids[1], user_id).completed
        app.rename(ids[0], user_id, " renamed ")
        assert app.titles_of_pending_tasks(user_id) == ["renamed", "task 2"]
    # The ids are the same in each database, and a task is only found with its own user.
    assert app.toggle(ids[0] + 100, users[0]) is None


def test_objects_are_changed_and_deleted_in_their_database(app, cluster, users):
    for user_id in users:
        with app.UserSession() as session:
            session.add_all([app.Task(user_id=user_id, title=title) for title in ["keep", "delete"]])
            session.commit()
            keep, gone = session.scalars(select(app.Task).where(app.Task.user_id == user_id).order_by(app.Task.id))
            keep.title = "kept"
            session.delete(gone)
            session.commit()
            session.refresh(keep)
            assert keep.title == "kept" and keep.user.id == user_id
    assert stored(cluster) == [[("kept", user_id)] for user_id in users]
    # The same task ids in each database are different objects.
    with app.UserSession(expire_on_commit=False) as session:
        [task_id] = session.scalars(select(app.Task.id).where(app.Task.user_id == users[0]))
        session.commit()
        found = []
        for user_id in users:
            found.append(session.get(app.Task, task_id, execution_options={"user_id": user_id}))
            session.commit()
        assert [task.user_id for task in found] == users
    with app.UserSession() as session:
        session.delete(session.get(app.User, users[2]))
        session.commit()
    assert stored(cluster) == [[("kept", user_id)] if user_id != users[2] else [] for user_id in users]


def test_relationships_load_from_the_database_of_the_object(app, users):
    for user_id in users:
        with app.UserSession() as session:
            session.add_all([app.Task(user_id=user_id, title=f"{number}") for number in range(3)])
            session.commit()
        for option in [None, selectinload, joinedload]:
            options = [option(app.User.tasks)] if option else []
            with app.UserSession() as session:
                user = session.scalars(select(app.User).where(app.User.id == user_id).options(*options)).unique().one()
                assert [task.user_id for task in user.tasks] == [user_id] * 3
                session.commit()
                assert [task.user for task in user.tasks] == [user] * 3, "read again after the commit"
            options = [option(app.Task.user)] if option else []
            with app.UserSession() as session:
                tasks = session.scalars(select(app.Task).where(app.Task.user_id == user_id).options(*options)).all()
                assert [task.user.id for task in tasks] == [user_id] * 3


def test_statements_name_their_user(app, cluster, users):
    Task, User, Other = app.Task, app.User, aliased(app.Task)
    for user_id in users:
        with app.UserSession() as session:
            rows = [{"user_id": user_id, "title": title} for title in "ab"]
            with pytest.raises(NotImplementedError, match="bulk"):
                session.execute(insert(Task), rows)
            session.execute(insert(Task.__table__), rows)
            session.execute(insert(Task.__table__), {"user_id": user_id, "title": "c"})
            session.execute(update(Task).where(user_id == Task.user_id, Task.title == "a").values(title="A"))
            session.execute(delete(Task).where((Task.user_id == user_id) & ((Task.title == "b") | Task.completed)))
            by_id = session.execute(select(Task.id, Task.title).where(Task.user_id == user_id)).all()
            change = update(Task.__table__).where(Task.id == bindparam("task"), Task.user_id == bindparam("owner"))
            rows = [{"task": row.id, "owner": user_id, "new": row.title * 2} for row in by_id]
            session.execute(change.values(title=bindparam("new")), rows)
            for statement in [
                select(Task.title).join(User).where(User.id == user_id),
                select(Other.title).where(Other.user_id == user_id),
                select(Task.title).where(or_(Task.title == "AA", Task.title == "cc")).where(Task.user_id == user_id),
                select(Task.title).where(Task.user_id == user_id).where(Task.user_id == user_id),
            ]:
                assert sorted(session.scalars(statement)) == ["AA", "cc"], str(statement)
            assert session.exec(select(func.count()).where(Task.user_id == user_id)).one() == 2
            count = text("SELECT count(*) FROM tasks WHERE user_id = :user_id")
            assert session.scalar(count, {"user_id": user_id}) == 2
            everything = text("SELECT count(*) FROM tasks")
            assert session.scalar(everything, execution_options={"user_id": user_id}) == 2
            assert session.scalar(select(func.count(Task.id)), execution_options={"user_id": user_id}) == 2
            session.commit()
    assert stored(cluster) == [[("AA", user_id), ("cc", user_id)] for user_id in users]


def test_without_a_user_nothing_is_asked(app, users):
    Task, User = app.Task, app.User
    one, other = users[:2]
    for statement, parameters in [
        (select(Task), None),
        (select(User), None),
        (select(Task).where(Task.id == 1), None),
        (select(Task).where(Task.user_id != one), None),
        (select(Task).where(or_(Task.user_id == one, Task.id == 1)), None),
        (select(Task).where(~(Task.user_id == one)), None),
        (select(Task).where(Task.title == one), None),
        (select(Task).where(Task.user_id == User.id), None),
        (select(Task).where(Task.user_id == None), None),  # noqa: E711
        (select(Task).where(Task.user_id.in_([one, other])), None),
        (select(Task).where(Task.user_id == one, Task.user_id == other), None),
        (select(Task).join(User).where(Task.user_id == one, User.id == other), None),
        (update(Task).values(title="x"), None),
        (delete(Task).where(Task.id == 1), None),
        (insert(Task.__table__), [{"user_id": user_id, "title": "x"} for user_id in users]),
        (insert(Task.__table__), [{"user_id": one, "title": "x"}, {"title": "x"}]),
        (insert(User.__table__), [{"id": user_id, "email": "x@example.com", "name": "x"} for user_id in users]),
        (text("SELECT * FROM tasks"), None),
        (text("SELECT * FROM todo_list_tasks(:someone)"), {"someone": one}),
        (app.PENDING, {"user_id": None, "count": 1}),
    ]:
        with app.UserSession() as session, pytest.raises(app.UnknownUser):
            session.execute(statement, parameters)
    with app.UserSession() as session:
        with pytest.raises(app.UnknownUser):
            session.get(Task, 1)
        session.add(Task(title="whose"))
        with pytest.raises(app.UnknownUser):
            session.flush()


def test_a_transaction_is_in_one_database(app, cluster, users):
    with app.UserSession() as session:
        session.add_all([app.Task(user_id=user_id, title="x") for user_id in users])
        with pytest.raises(app.UnknownUser):
            session.commit()
    with app.UserSession() as session:
        session.scalars(app.CREATE, {"user_id": users[0], "title": "x", "description": None}).one()
        with pytest.raises(app.UnknownUser):
            session.scalars(app.CREATE, {"user_id": users[1], "title": "x", "description": None}).one()
    assert stored(cluster) == [[]] * COUNT
    with app.UserSession() as session:
        for user_id in users:
            session.scalars(app.CREATE, {"user_id": user_id, "title": "kept", "description": None}).one()
            session.commit()
            with session.begin_nested():
                session.add(app.Task(user_id=user_id, title="rolled back"))
            session.execute(app.TOGGLE, {"task_id": 1, "user_id": user_id})
            session.rollback()
    assert stored(cluster) == [[("kept", user_id)] for user_id in users]
    assert stored(cluster, "SELECT FROM tasks WHERE completed") == [[]] * COUNT


def test_a_task_cannot_go_to_a_user_elsewhere(app, cluster, users):
    with app.UserSession() as session:
        task = app.Task(user_id=users[0], title="x")
        session.add(task)
        session.commit()
        task.user_id = users[1]
        with pytest.raises(IntegrityError) as raised:
            session.commit()
        assert raised.value.orig.sqlstate == "23503"
    assert stored(cluster) == [[("x", users[0])], [], [], []]


def test_an_ordinary_session_for_one_user(app, users):
    with Session(app.ENGINES[app.shard_of(users[3])]) as session:
        assert session.scalars(select(app.User)).one().id == users[3]


def test_the_specifications_models(app, cluster):
    names = (__file__, 0, "from sqlmodel import Session")
    specified = module("specified", spec_models(), names, *page("sharded-session.md")[:2])
    ids = users_of_each(specified)
    for user_id in ids:
        with specified.UserSession() as session:
            user = specified.User(id=user_id, email=f"{user_id}@example.com", name="U", hashed_password="!")
            session.add(user)
            user.tasks.append(specified.Task(title=" x "))
            session.commit()
            task = session.exec(select(specified.Task).where(specified.Task.user_id == user_id)).one()
            assert (task.title, task.user) == ("x", user)
            task.completed = True
            session.commit()
    assert stored(cluster, "SELECT user_id, completed FROM tasks") == [[(user_id, True)] for user_id in ids]
    for engine in specified.ENGINES.values():
        engine.dispose()
