"""The rules as Python sees them: errors with their fields, and the documented Pydantic models beside the database."""

import doctest

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlmodel import Session

from conftest import ASYNC_DRIVERS, SYNC_DRIVERS, module, page, page_of_models, spec_models

HASH = "$2b$12$LQv3c1yqBWVHxkd0LHAkCOYz6TtxMQJqhN8/X4SIYoqLJ2NXC.Ky2"


@pytest.fixture(scope="module")
def app():
    return module("app", spec_models(), *page("validation.md"))


@pytest.fixture(scope="module")
def users(module_database):
    module_database.execute(
        "INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A'), ('u2', 'b@example.com', 'B')"
    )
    # Cheap hashes: thousands of users are made here.
    module_database.set_bcrypt_cost(4)
    return module_database


def user(**columns):
    return "User", {"id": "n", "email": "n@example.com", "name": "N", "hashed_password": "!", **columns}


def made(app, model, columns, driver):
    if columns.get("hashed_password") == "!" and driver != "psycopg2":
        # psycopg2 writes values into the statement, which PostgreSQL logs when it fails: no hash for it.
        columns = {**columns, "hashed_password": HASH}
    return getattr(app, model)(**columns)


def task(**columns):
    return "Task", {"user_id": "u1", "title": "x", **columns}


# What a model is made of; the kind of error; SQLSTATE, table, column, constraint; and the form's field.
# (For None where the model has a default, SQLAlchemy sends the default.)
BROKEN_RULES = [
    (user(id=""), IntegrityError, ("23514", "users", "id", "users_id_check"), "id"),
    (user(id="u1"), IntegrityError, ("23505", "users", None, "users_pkey"), "id"),
    (user(email="n"), IntegrityError, ("23514", "users", "email", "users_email_check"), "email"),
    (user(email="a b@example.com"), IntegrityError, ("23514", "users", "email", "users_email_check"), "email"),
    (user(email="a@b@example.com"), IntegrityError, ("23514", "users", "email", "users_email_check"), "email"),
    (user(email="@b.c"), IntegrityError, ("23514", "users", "email", "users_email_check"), "email"),
    (user(email="a@example.com"), IntegrityError, ("23505", "users", None, "ix_users_email"), "email"),
    (user(email="A@Example.com"), IntegrityError, ("23505", "users", None, "ix_users_email_folded"), "email"),
    (user(email=None), IntegrityError, ("23502", "users", "email", None), "email"),
    (user(name=""), IntegrityError, ("23514", "users", "name", "users_name_check"), "name"),
    (user(name="\u3000\u200b"), IntegrityError, ("23514", "users", "name", "users_name_check"), "name"),
    (user(name=None), IntegrityError, ("23502", "users", "name", None), "name"),
    (user(hashed_password="secret word"), IntegrityError,
     ("23514", "users", "hashed_password", "users_hashed_password_check"), "password"),
    (user(hashed_password=None), IntegrityError, ("23502", "users", "hashed_password", None), "password"),
    (task(title=""), IntegrityError, ("23514", "tasks", "title", "tasks_title_check"), "title"),
    (task(title="\u2800"), IntegrityError, ("23514", "tasks", "title", "tasks_title_check"), "title"),
    (task(title="\u00a0\ufeff"), IntegrityError, ("23514", "tasks", "title", "tasks_title_check"), "title"),
    (task(title="a\x07b"), IntegrityError, ("23514", "tasks", "title", "tasks_title_check"), "title"),
    (task(title=None), IntegrityError, ("23502", "tasks", "title", None), "title"),
    (task(description="x" * 1001), IntegrityError,
     ("23514", "tasks", "description", "tasks_description_check"), "description"),
    (task(description="a\x07"), IntegrityError,
     ("23514", "tasks", "description", "tasks_description_check"), "description"),
    (task(user_id="nobody"), IntegrityError, ("23503", "tasks", None, "tasks_user_id_fkey"), "user_id"),
    (task(user_id=None), IntegrityError, ("23502", "tasks", "user_id", None), "user_id"),
    # By the column's type: no field to show it at.
    (task(title="x" * 201), DataError, ("22001", None, None, None), None),
    (user(name="x" * 101), DataError, ("22001", None, None, None), None),
    (user(email="a@" + "b" * 251 + ".cd"), DataError, ("22001", None, None, None), None),
    (user(id="x" * 37), DataError, ("22001", None, None, None), None),
]  # fmt: skip


def check(app, error, kind, fields, field):
    # asyncpg's dialect has no DataError.
    by_asyncpg = type(error.orig).__module__.startswith("sqlalchemy")
    assert isinstance(error, DBAPIError if kind is DataError and by_asyncpg else kind)
    assert app.problem(error) == fields
    assert "$2b$" not in str(error.orig)
    if field is None:
        with pytest.raises(DBAPIError):
            app.message_at_field(error)
    else:
        assert app.message_at_field(error) == (field, app.REASONS[fields[0]])


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_errors_of_models_name_the_field(app, users, driver):
    engine = create_engine(users.url(driver))
    for (model, columns), kind, fields, field in BROKEN_RULES:
        with Session(engine) as session, pytest.raises(DBAPIError) as raised:
            session.add(made(app, model, columns, driver))
            session.commit()
            pytest.fail(f"{model}({columns}) was stored")
        check(app, raised.value, kind, fields, field)
    engine.dispose()


@pytest.mark.parametrize("driver", ASYNC_DRIVERS)
async def test_errors_of_models_name_the_field_in_async_code(app, users, driver):
    engine = create_async_engine(users.url(driver))
    for (model, columns), kind, fields, field in BROKEN_RULES:
        async with AsyncSession(engine) as session:
            with pytest.raises(DBAPIError) as raised:
                session.add(made(app, model, columns, driver))
                await session.commit()
        check(app, raised.value, kind, fields, field)
    await engine.dispose()


BROKEN_CALLS = [
    ("todo_create_user('n@example.com', 'N', 'short')", DataError, ("22023", "users", "hashed_password", None), "password"),
    (f"todo_create_user('n@example.com', 'N', '{'x' * 73}')", DataError,
     ("22001", "users", "hashed_password", None), "password"),
    (f"todo_create_user('n@example.com', '{'x' * 101}', 'long enough')", DataError, ("22001", "users", "name", None), "name"),
    ("todo_create_user('A@example.com', 'N', 'long enough')", IntegrityError,
     ("23505", "users", None, "ix_users_email_folded"), "email"),
    (f"todo_create_task('u1', '{'x' * 201}')", DataError, ("22001", "tasks", "title", None), "title"),
    ("todo_create_task('nobody', 'x')", IntegrityError, ("23503", "tasks", None, "tasks_user_id_fkey"), "user_id"),
    ("todo_create_task('u1', NULL)", IntegrityError, ("23502", "tasks", "title", None), "title"),
]  # fmt: skip


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_errors_of_functions_name_the_field(app, users, driver):
    engine = create_engine(users.url(driver))
    for call, kind, fields, field in BROKEN_CALLS:
        with Session(engine) as session, pytest.raises(DBAPIError) as raised:
            session.execute(text(f"SELECT * FROM {call}"))
        if "22001" in fields or "22023" in fields:
            fields = (*fields[:3], raised.value.orig.diag.constraint_name)
        check(app, raised.value, kind, fields, field)
    engine.dispose()


@pytest.mark.parametrize("driver", ASYNC_DRIVERS)
async def test_errors_of_functions_name_the_field_in_async_code(app, users, driver):
    engine = create_async_engine(users.url(driver))
    for call, kind, fields, field in BROKEN_CALLS:
        async with AsyncSession(engine) as session:
            with pytest.raises(DBAPIError) as raised:
                await session.execute(text(f"SELECT * FROM {call}"))
        if "22001" in fields or "22023" in fields:
            fields = (*fields[:3], app.problem(raised.value)[3])
        check(app, raised.value, kind, fields, field)
    await engine.dispose()


@pytest.mark.parametrize("driver", ASYNC_DRIVERS)
async def test_errors_of_another_kind_are_raised_again(app, users, driver):
    engine = create_async_engine(users.url(driver))
    async with AsyncSession(engine) as session:
        pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        users.execute("SELECT pg_terminate_backend(%s, 10000)", [pid], user="postgres")
        with pytest.raises(DBAPIError) as raised:
            await session.execute(text("SELECT 1"))
        with pytest.raises(DBAPIError) as again:
            app.message_at_field(raised.value)
        assert again.value is raised.value
    await engine.dispose()


def test_both_pages_fit_into_one_module():
    both = module("both", *page_of_models(), *page("validation.md"))
    both.tasks_from("todo_list_tasks('u1')")


def test_the_page_shows_what_the_models_answer(app):
    [(path, line, session)] = page("validation.md", "pycon")
    shown = doctest.DocTestParser().get_doctest(session, vars(app).copy(), path.name, str(path), line)
    outcome = doctest.DocTestRunner().run(shown)
    assert outcome.attempted > 0 and outcome.failed == 0


# Generated values: what rules tell apart, near their limits.
SPACES = st.text(alphabet=" \t\n\u00a0\u3000\u200b\u2028\x85\x1c\ufeff\u2800", max_size=3)
WORDS = st.text(
    alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("ab\u0301\u200d\U0001f600\x07\x00\xad"))
)
PART = st.one_of(
    st.from_regex(r"\A[a-z0-9-]{1,8}\Z"),
    st.from_regex(r"\A[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,6}\Z"),
    st.text(alphabet='a\u00e9\u4e2d\u00ad\u200b\u3164\u0085\u00a0 "(),:;<>[]\\\x7f', min_size=1, max_size=3),
)


def padded(longest):
    """Text around a length, in and around spaces."""
    body = st.one_of(
        WORDS,
        st.integers(longest - 2, longest + 2).flatmap(lambda n: st.sampled_from("x\U0001f600").map(lambda c: c * n)),
    )
    return st.tuples(SPACES, body, SPACES).map("".join)


def mostly(value, strategy):
    """A good value, so that others are judged, or any."""
    return st.one_of(st.just(value), st.just(value), strategy)


def joined(joint, parts):
    return st.lists(PART, min_size=1, max_size=parts).map(joint.join)


ADDRESSES = st.one_of(
    st.tuples(joined(".", 3), joined(".", 4)).map("@".join),
    st.tuples(
        st.from_regex(r"\A[a-z]{1,9}\Z"), joined(".", 3), st.sampled_from(["com", "c", "c0", "0", "-", "\u4e2d"])
    ).map(lambda parts: f"{parts[0]}@{parts[1]}.{parts[2]}"),
    joined("@", 3),
    st.integers(253, 257).map(lambda n: "a@" + "b" * (n - 5) + ".cd"),
)
PASSWORDS = st.one_of(
    st.integers(17, 19).map("\U0001f600".__mul__),
    # With marks and letters that NFC composes, and one that it takes apart.
    st.text(alphabet="ae\u00e9\u0301\u1100\u1161\u0958\U0001f600 ", min_size=6, max_size=20),
    st.integers(70, 74).map("p".__mul__),
)


def tried(users, columns, call, parameters):
    """What a function stored, or the column that it refused: at the server, by psycopg."""
    with users.connect() as client, client.transaction(force_rollback=True):
        try:
            return client.execute(f"SELECT {columns} FROM {call}", parameters).fetchone(), None
        except psycopg.DataError as error:
            # A NUL cannot even be sent.
            assert error.sqlstate in ("22001", "22023") or any("\0" in (value or "") for value in parameters), error
            return None, error.diag.column_name
        except psycopg.errors.CheckViolation as error:
            return None, error.diag.column_name


def mix():
    return {"accepted": 0, "refused": 0}


def agree(app, users, model, call, values, columns, seen):
    try:
        accepted, refused = getattr(app, model)(**values), set()
    except ValidationError as error:
        accepted, refused = None, {problem["loc"][0] for problem in error.errors()}
    stored, column = tried(users, ", ".join(columns), call, list(values.values()))
    seen["accepted" if accepted else "refused"] += 1
    if accepted is None:
        assert stored is None, (values, refused)
        assert column is None or app.FIELDS.get(column, column) in refused, (values, column, refused)
    else:
        assert stored is not None, (values, column)
        assert [getattr(accepted, name) for name in columns] == list(stored), values


GENERATED = settings(
    max_examples=1000, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_users_are_judged_alike(app, users):
    seen = mix()

    @GENERATED
    @given(
        email=mostly("n@example.com", ADDRESSES),
        name=mostly("N", padded(100)),
        password=mostly("long enough", PASSWORDS),
    )
    def judge(**values):
        agree(app, users, "NewUser", "todo_create_user(%s, %s, %s)", values, ["email", "name"], seen)

    judge()
    assert min(seen.values()) > 100, seen


# Where one kind of character ends and another begins.
EDGES = (
    "0009-000d 0020 0085 00a0 1680 2000-200a 2028-2029 202f 205f 3000 00ad 034f 061c 115f-1160 17b4-17b5 180b-180f "
    "200b-200f 202a-202e 2060-206f 3164 fe00-fe0f feff ffa0 fff0-fff8 1bca0-1bca3 1d173-1d17a e0000-e0fff "
    "fff9-fffb 13430-1343f 2800 13441-13442 16fe4 1d159"
)
CHARACTERS = sorted(
    {*range(1, 0x100), 0x660, 0x6F0, 0x10FFFF}
    | {int(edge, 16) + step for span in EDGES.split() for edge in span.split("-") for step in (-1, 0, 1)}
)


def test_every_kind_of_character_is_judged_alike(app, users):
    """Alone, within, and around: 11 values for each character."""
    cases = [
        *[("NewTask", "title", value) for value in ["#", "a#b", "#a#"]],
        *[("NewTask", "description", value) for value in ["#", "a#b"]],
        *[("NewUser", "email", value) for value in ["#@b.cd", "a#b@c.de", "a@b#c.de", "a@#b.cd", "a@b#.cd", "a@b.#"]],
    ]
    inserts = {
        "title": "INSERT INTO tasks (user_id, title) SELECT 'u1', value",
        "description": "INSERT INTO tasks (user_id, title, description) SELECT 'u1', 'x', value",
        "email": "INSERT INTO users (email, name) SELECT value, 'N'",
    }
    others = {"NewTask": {"title": "x"}, "NewUser": {"email": "n@example.com", "name": "N", "password": "long enough"}}
    with users.connect() as client:
        for model, column, pattern in cases:
            values = [pattern.replace("#", chr(code)) for code in CHARACTERS]
            client.execute(
                f"""CREATE OR REPLACE FUNCTION pg_temp.stored(value text) RETURNS text LANGUAGE plpgsql AS $$
                    BEGIN
                        EXECUTE '{inserts[column].replace("'", "''").replace("value", "$1")} RETURNING {column}' INTO value USING value;
                        RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = 'stored ' || value;
                    EXCEPTION
                        WHEN SQLSTATE 'ZZ000' THEN RETURN substr(SQLERRM, 8);
                        WHEN check_violation THEN RETURN NULL;
                    END $$"""
            )
            rows = client.execute("SELECT pg_temp.stored(v) FROM unnest(%s::text[]) AS v", [values]).fetchall()
            for value, (stored,) in zip(values, rows, strict=True):
                try:
                    judged = getattr(getattr(app, model)(**{**others[model], column: value}), column)
                except ValidationError:
                    judged = None
                assert judged == stored, (model, column, value)


def test_what_cannot_be_sent_is_refused(app):
    for value in ["a\0b", "a\ud800b"]:
        for model, values in [
            ("NewTask", {"title": value}),
            ("NewTask", {"title": "x", "description": value}),
            ("NewUser", {"email": f"{value}@b.cd", "name": "N", "password": "long enough"}),
            ("NewUser", {"email": "n@b.cd", "name": value, "password": "long enough"}),
            ("NewUser", {"email": "n@b.cd", "name": "N", "password": f"{value} long enough"}),
        ]:
            with pytest.raises(ValidationError):
                getattr(app, model)(**values)


def test_tasks_are_judged_alike(app, users):
    seen = mix()

    @GENERATED
    @given(title=mostly("x", padded(200)), description=mostly(None, padded(1000)))
    def judge(**values):
        agree(app, users, "NewTask", "todo_create_task('u1', %s, %s)", values, ["title", "description"], seen)

    judge()
    assert min(seen.values()) > 100, seen
