"""Reads on a standby, as docs/pools.md has them: Pgpool-II finds by its volatility where each function must run."""

import time
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from conftest import INSTALL, cluster_sh, edition_script, functions, sample, servers

INSTALL_AUTH = {"extension": "CREATE EXTENSION todo_auth", "sql": edition_script("todo_auth")}
# The answer of the server on which a statement runs. Not pg_is_in_recovery(), which is volatile.
ON_STANDBY = "current_setting('in_hot_standby') = 'on'"
READ = f"SELECT {ON_STANDBY}, count(*) FILTER (WHERE completed) FROM todo_list_tasks('u1')"
PREPARED = f"{READ} WHERE user_id = 'u1'"
TOGGLE = f"SELECT {ON_STANDBY}, completed FROM todo_toggle_task(1, 'u1')"
# The relcache_expire in docs/pools.md, in seconds.
RELCACHE_EXPIRE = 10
# What functions write: rows, rights, and what belongs to the extension.
STATE = """
    SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM tasks),
        (SELECT array_agg(u::text ORDER BY id) FROM users AS u),
        (SELECT array_agg(t::text ORDER BY id) FROM tasks AS t),
        (SELECT array_agg(nspacl::text ORDER BY oid) FROM pg_namespace),
        (SELECT array_agg(relacl::text ORDER BY oid) FROM pg_class),
        (SELECT array_agg(proacl::text ORDER BY oid) FROM pg_proc),
        (SELECT count(*) FROM pg_depend WHERE deptype = 'e')
"""


def eventually(run, is_right, seconds=60):
    """Runs it until its answer is right; errors of the connection count as a wrong one."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = run()
        except psycopg.OperationalError as error:
            answer = error
        if not isinstance(answer, Exception) and is_right(answer):
            return answer
        assert time.monotonic() < end, f"still {answer!r}"
        time.sleep(0.05)


class Pool:
    """Pgpool-II before the shared cluster and a standby of it."""

    def __init__(self, database, standby, where):
        self.database, self.standby, self.where = database, standby, where

    def connect(self, user=None, autocommit=True):
        user = user or self.database.role
        return psycopg.connect(**self.where, user=user, dbname=self.database.name, autocommit=autocommit)

    def connect_to_standby(self, user=None):
        user = user or self.database.owner
        return psycopg.connect(host=self.standby, user=user, dbname=self.database.name, autocommit=True)

    @contextmanager
    def paused(self):
        """The standby stays as it is meanwhile."""
        with self.connect_to_standby("postgres") as client:
            client.execute("SELECT pg_wal_replay_pause()")
            try:
                state = "SELECT pg_get_wal_replay_pause_state()"
                eventually(lambda: client.execute(state).fetchone()[0], "paused".__eq__)
                yield
            finally:
                client.execute("SELECT pg_wal_replay_resume()")

    def catch_up(self):
        """Waits until the standby has everything that is on the primary."""
        [[place]] = self.database.execute("SELECT pg_current_wal_insert_lsn()")
        query = "SELECT pg_last_wal_replay_lsn() >= %s"
        with psycopg.connect(host=self.standby, user="postgres", dbname="postgres", autocommit=True) as client:
            eventually(lambda: client.execute(query, [place]).fetchone()[0], bool)

    def nodes(self):
        """The number, status and role of each server, as Pgpool-II sees it."""
        with self.connect() as client:
            cursor = client.execute("SHOW pool_nodes")
            places = [[column.name for column in cursor.description].index(name) for name in ["status", "role"]]
            return [tuple(row[place] for place in places) for row in cursor]


def start_pool(start, database, standby):
    _, environment = start("pgpool", standby)
    pool = Pool(database, standby, {"host": environment["PGHOST"], "port": environment["PGPORT"]})
    pool.catch_up()
    eventually(pool.nodes, [("up", "primary"), ("up", "standby")].__eq__)
    return pool


@pytest.fixture(scope="module")
def standby():
    with servers() as start:
        _, environment = start("standby")
        yield environment["PGHOST"]


@pytest.fixture
def filled(database):
    """With todo_auth, and with what the calls of all functions find."""
    database.execute(INSTALL_AUTH[database.edition])
    database.set_bcrypt_cost(4)
    database.execute(sample())
    database.execute(f"SELECT todo_auth.grant('{database.role}')")
    return database


@pytest.fixture
def pool(filled, standby):
    with servers() as start:
        yield start_pool(start, filled, standby)


def who(function, database):
    return database.owner if function.access == "owner" else database.role


def literals(function):
    return f"SELECT {ON_STANDBY}, array_agg(r::text) FROM {function.call()} AS r", None


def in_the_select_list(function):
    return f"SELECT {ON_STANDBY}, ARRAY(SELECT {function.call()}::text)", None


def bound(function):
    """A prepared statement with parameters, whose types are those of the function; with the schema."""
    name = function.name if "." in function.name else f"public.{function.name}"
    arguments = ", ".join(f"{argument} => %s" for argument in function.arguments)
    values = [None if value == "NULL" else value.strip("'") for value in function.arguments.values()]
    return f"SELECT {ON_STANDBY}, array_agg(r::text) FROM {name}({arguments}) AS r", values


FORMS = [literals, in_the_select_list, bound]


def run(client, form, function):
    """Whether it ran on the standby, and its rows."""
    statement, values = form(function)
    [row] = client.execute(statement, values, prepare=form is bound)
    return row


@pytest.mark.parametrize("form", FORMS)
def test_functions_that_read_run_on_the_standby(pool, form):
    reading = [function for function in functions() if function.effect == "reads"]
    assert len(reading) > 15
    roles = [pool.database.owner, pool.database.role]
    with ExitStack() as stack:
        pooled = {role: stack.enter_context(pool.connect(role)) for role in roles}
        direct = {role: stack.enter_context(pool.database.connect(user=role)) for role in roles}
        for function in reading:
            on_standby, rows = run(pooled[who(function, pool.database)], form, function)
            on_primary, expected = run(direct[who(function, pool.database)], form, function)
            assert (on_standby, on_primary) == (True, False), function.name
            assert rows == expected, function.name


@pytest.mark.parametrize("form", FORMS)
def test_functions_that_write_run_on_the_primary(pool, form):
    database = pool.database
    writing = [function for function in functions() if function.effect not in ("reads", "hashes")]
    assert len(writing) > 15
    # Afterwards, there are no functions in the SQL edition.
    writing.sort(key=lambda function: function.name == "todo_release_tables")
    with database.connect() as owner, pool.connect(database.owner) as as_owner, pool.connect() as as_application:
        for function in writing:
            owner.execute("DELETE FROM users")
            owner.execute(sample())
            if function.name.endswith("revoke"):
                owner.execute(function.call().replace("revoke", "grant").join(["SELECT ", ""]))
            if function.name == "todo_release_tables" and database.edition == "sql":
                owner.execute("DROP SCHEMA todo_auth CASCADE")
            before = owner.execute(STATE).fetchone()
            client = as_owner if function.access == "owner" else as_application
            on_standby, rows = run(client, form, function)
            assert not on_standby and len(rows) == 1, function.name
            after = owner.execute(STATE).fetchone()
            assert after != before, function.name
            more = {"creates": after[0] > before[0], "deletes": after[0] < before[0]}
            assert more.get(function.effect, after[0] == before[0]), function.name


@pytest.mark.parametrize("form", FORMS)
def test_functions_that_hash_run_on_the_primary_and_work_on_the_standby(pool, form):
    hashing = [function for function in functions() if function.effect == "hashes"]
    assert len(hashing) == 3
    for function in hashing:
        volatility = "SELECT provolatile FROM pg_proc WHERE proname = %s"
        assert pool.database.execute(volatility, [function.name]) == [("v",)]
        with pool.connect() as client:
            on_standby, rows = run(client, form, function)
        assert not on_standby and len(rows) == 1, function.name
        with pool.connect_to_standby(pool.database.role) as client:
            on_standby, direct = run(client, form, function)
        assert on_standby and len(direct) == 1, function.name
        assert rows == direct or function.name == "todo_hash_password", function.name


def test_a_function_that_writes_is_found_in_any_place(pool):
    with pool.connect() as client:
        for statement in [
            "SELECT {}, t.completed FROM PUBLIC.Todo_Toggle_Task(1, 'u1') AS t",
            """SELECT {}, completed FROM "public"."todo_toggle_task"(1, 'u1')""",
            "WITH t AS (SELECT * FROM todo_toggle_task(1, 'u1')) SELECT {}, completed FROM t",
            "SELECT {}, (SELECT completed FROM todo_toggle_task(1, 'u1'))",
            "SELECT {}, t.completed FROM todo_users AS u, LATERAL todo_toggle_task(1, u.id) AS t WHERE u.id = 'u1'",
            "SELECT {}, (todo_toggle_task(id, user_id)).completed FROM todo_list_tasks('u1') WHERE id = 1",
        ]:
            completed = [client.execute(statement.format(ON_STANDBY)).fetchall() for _ in range(2)]
            assert completed == [[(False, True)], [(False, False)]], statement


def test_prepared_statements_run_where_they_belong_each_time(pool):
    with pool.connect() as client:
        for i in range(10):
            read = f"SELECT {ON_STANDBY}, id FROM public.todo_get_task(task_id => %s, user_id => %s)"
            assert client.execute(read, [2, "u1"], prepare=True).fetchall() == [(True, 2)]
            toggle = f"SELECT {ON_STANDBY}, completed FROM public.todo_toggle_task(task_id => %s, user_id => %s)"
            assert client.execute(toggle, [1, "u1"], prepare=True).fetchall() == [(False, i % 2 == 0)]


WRITES = [
    "SELECT * FROM todo_complete_task(1, 'u1', true)",
    "UPDATE tasks SET completed = true WHERE user_id = 'u1'",
    "INSERT INTO tasks (user_id, title, completed) VALUES ('u1', 'new', true)",
]


@pytest.mark.parametrize("write", WRITES)
def test_a_transaction_that_has_written_stays_on_the_primary(pool, write):
    with pool.connect(autocommit=False) as client:
        with pool.paused():
            assert client.execute(READ).fetchall() == [(True, 1)]
            assert client.execute(PREPARED, prepare=True).fetchall() == [(True, 1)]
            client.execute(write)
            # Here, the statement that was prepared on the standby as well.
            assert client.execute(READ).fetchall() == [(False, 2)]
            assert client.execute(PREPARED, prepare=True).fetchall() == [(False, 2)]
            client.commit()
            # The next transaction reads on the standby, which does not have it yet.
            assert client.execute(READ).fetchall() == [(True, 1)]
            assert client.execute(PREPARED, prepare=True).fetchall() == [(False, 2)], (
                "it stays where it was last prepared"
            )
            client.rollback()
        client.autocommit = True
        eventually(lambda: client.execute(READ, prepare=False).fetchall(), [(True, 2)].__eq__)


def test_commits_can_wait_for_the_standby(filled, standby):
    with filled.connect(user="postgres") as client:
        client.execute(f"ALTER ROLE {filled.role} SET synchronous_commit = remote_apply")
        client.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        try:
            client.execute("SELECT pg_reload_conf()")
            state = "SELECT bool_and(sync_state = 'sync') FROM pg_stat_replication"
            eventually(lambda: client.execute(state).fetchone()[0], bool)
            # It is the checkpointer that lets sessions know, and it does so before it begins a checkpoint.
            client.execute("CHECKPOINT")
            # A new Pgpool-II: it keeps connections to the servers, and those that were opened before do not have the role's setting.
            with servers() as start, start_pool(start, filled, standby).connect() as application:
                for i in range(100):
                    assert application.execute(TOGGLE).fetchall() == [(False, i % 2 == 0)]
                    assert application.execute(READ).fetchall() == [(True, 1 + (i % 2 == 0))]
        finally:
            client.execute("ALTER SYSTEM RESET synchronous_standby_names")
            client.execute("SELECT pg_reload_conf()")


def test_a_standby_that_is_behind_gets_no_reads(pool):
    with pool.connect() as client:

        def read():
            return client.execute(READ, prepare=False).fetchall()

        assert read() == client.execute(PREPARED, prepare=True).fetchall() == [(True, 1)]
        with pool.paused():
            client.execute(TOGGLE)
            more = "SELECT pg_logical_emit_message(false, 'todo', repeat('x', 2000000))"
            pool.database.execute(more, user="postgres")
            eventually(read, [(False, 2)].__eq__)
            assert client.execute(PREPARED, prepare=True).fetchall() == [(True, 1)], "it stays where it was prepared"
        eventually(read, [(True, 2)].__eq__)


def test_isolated_roles_read_on_the_primary(pool):
    pool.database.execute(f"SELECT todo_revoke('{pool.database.role}')")
    pool.database.execute(f"SELECT todo_grant('{pool.database.role}', 'isolated')")
    pool.catch_up()
    read = f"SELECT {ON_STANDBY}, count(*) FROM todo_list_tasks()"
    with pool.connect(autocommit=False) as client:
        for set_user in ["SELECT set_config('todo.user_id', 'u1', true)", "SET LOCAL todo.user_id = 'u1'"]:
            client.execute(set_user)
            assert client.execute(read).fetchall() == [(False, 2)]
            client.commit()
            assert client.execute(read).fetchall() == [(True, 0)], "the next transaction has no user"
            client.commit()
    with pool.connect() as client:
        client.execute("SELECT set_config('todo.user_id', 'u1', false)")
        assert client.execute(read).fetchall() == [(True, 0)], "only the primary knows the user"
    with pool.connect() as client:
        client.execute("SET todo.user_id = 'u1'")
        assert client.execute(read).fetchall() == [(True, 2)]
    # Pgpool-II resets the connections that it keeps.
    with ExitStack() as stack:
        for client in [stack.enter_context(pool.connect()) for _ in range(8)]:
            assert client.execute(read).fetchall() == [(True, 0)]


def test_a_call_before_the_function_exists_is_forgotten(empty_database, standby):
    with servers() as start:
        pool = start_pool(start, empty_database, standby)
        with pool.connect() as client:
            first_call = time.monotonic()
            for statement in [READ, TOGGLE]:
                with pytest.raises(psycopg.errors.UndefinedFunction):
                    client.execute(statement)
            empty_database.execute(INSTALL[empty_database.edition])
            empty_database.execute(f"{sample()}; SELECT todo_grant('{empty_database.role}')")
            pool.catch_up()

            def toggle():
                try:
                    return client.execute(TOGGLE).fetchall()
                except psycopg.errors.ReadOnlySqlTransaction:
                    return None

            toggled = toggle()
            if time.monotonic() - first_call < RELCACHE_EXPIRE:
                assert toggled is None, "it is remembered"
            assert (toggled or eventually(toggle, bool)) == [(False, True)]
            eventually(lambda: client.execute(READ).fetchall(), [(True, 2)].__eq__)


def test_without_the_standby_reads_run_on_the_primary(filled):
    with servers() as start:
        directory, environment = start("standby")
        pool = start_pool(start, filled, environment["PGHOST"])

        def read():
            with pool.connect() as client:
                return client.execute(READ).fetchall()

        assert read() == [(True, 1)]
        cluster_sh("stop", directory)
        eventually(read, [(False, 1)].__eq__)
        assert pool.nodes() == [("up", "primary"), ("down", "standby")]
        with pool.connect() as client:
            assert client.execute(TOGGLE).fetchall() == [(False, True)]
