"""What the tests share: databases in the cluster that `cluster.sh exec` started, and code out of files and pages."""

import os
import re
import subprocess
import sys
import time
import types
import uuid
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

# Neither the client nor the database is in UTC, nor are they in the same zone.
os.environ["TZ"] = "America/New_York"
time.tzset()
DATABASE_ZONE = "Asia/Karachi"

HERE = Path(__file__).parent
TOP = HERE.parents[2]
set_hypothesis_home_dir(TOP / "target/hypothesis")
ASYNC_DRIVERS = ["asyncpg", "psycopg"]
SYNC_DRIVERS = ["psycopg", "psycopg2"]
VERSION = re.search(r'^version = "(.*)"$', (TOP / "Cargo.toml").read_text(), re.MULTILINE)[1]


@cache
def edition_script(part):
    """The script that installs a part of the SQL edition of this checkout."""
    build = [TOP / "sql/edition/build.sh", part, VERSION]
    return subprocess.run(build, check=True, capture_output=True, text=True).stdout


# What the owner of a database runs to install each edition.
INSTALL = {
    "extension": "CREATE EXTENSION todo",
    "sql": f"CREATE EXTENSION IF NOT EXISTS pgcrypto; {edition_script('todo')}",
}


class Database:
    """A database of its own with an edition of todo, and an application's role that may write both tables.

    `owner` is who creates the edition: a superuser, or for the SQL edition the owner of the database, who has no other right."""

    def __init__(self, host, edition="extension", install=True, owner=None):
        self.host = host
        self.edition = edition
        self.name = f"python_{uuid.uuid4().hex[:12]}"
        self.role = f"app_{self.name}"
        self.owner = owner or ("postgres" if edition == "extension" else f"owner_{self.name}")
        self.own_roles = [self.role]
        with self.connect("postgres", "postgres") as client:
            if self.name in self.owner:
                client.execute(f"CREATE ROLE {self.owner} LOGIN")
                # The script has texts in it that look like the beginning of a hash, and tests search the log for hashes.
                client.execute(f"ALTER ROLE {self.owner} SET log_min_error_statement = panic")
                self.own_roles.append(self.owner)
            client.execute(f"CREATE DATABASE {self.name} OWNER {self.owner}")
            client.execute(f"ALTER DATABASE {self.name} SET TimeZone = '{DATABASE_ZONE}'")
            client.execute(f"CREATE ROLE {self.role} LOGIN")
        if install:
            self.execute(INSTALL[edition])
            self.execute(f"SELECT todo_grant('{self.role}', 'tables')")

    def connect(self, database=None, user=None):
        return psycopg.connect(host=self.host, dbname=database or self.name, user=user or self.owner, autocommit=True)

    def execute(self, sql, parameters=None, user=None):
        """Runs SQL as the owner; the rows of the last statement, if it has some."""
        with self.connect(user=user) as client:
            cursor = client.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else None

    def catalogs(self, query):
        """The rows of a query on catalogs of extensions, as this edition answers it."""
        if self.edition == "sql":
            query = query.replace("pg_extension AS", "todo_internal.extension AS")
            query = query.replace("pg_depend AS", "todo_internal.depend AS")
        rows = self.execute(query)
        assert len(rows) > 20
        return rows

    def set_bcrypt_cost(self, cost):
        if self.edition == "extension":
            self.execute(f"ALTER DATABASE {self.name} SET todo.bcrypt_cost = {cost}")
        else:
            self.execute(f"SELECT todo_internal.set_bcrypt_cost({cost})")

    def url(self, driver, role=None, **where):
        where = {"host": self.host, **where}
        return f"postgresql+{driver}://{role or self.role}@/{self.name}?{urlencode(where)}"

    def drop(self):
        with self.connect("postgres", "postgres") as client:
            client.execute(f"DROP DATABASE {self.name} WITH (FORCE)")
            for role in self.own_roles:
                client.execute(f"DROP ROLE {role}")


def left_out():
    """The tests that are not run against the SQL edition: (file, test), with * for all tests of the file."""
    rows = rows_of(HERE / "sql_edition.txt")
    if os.environ.get("LONG") == "0":
        rows += [row[1:] for row in rows_of(HERE.parents[1] / "long.txt") if row[0] == "python"]
    found = {(file, test) for file, test, _ in rows if not file.startswith("sqlmodel-")}
    for file, test in found:
        assert test == "*" or f"def {test}(" in (HERE / f"{file}.py").read_text(), f"there is no {test} in {file}"
    return found


def rows_of(file):
    rows = [line.split("|") for line in file.read_text().splitlines() if "|" in line and not line.startswith("#")]
    return [[cell.strip() for cell in row] for row in rows[1:]]


LEFT_OUT = left_out()

# What SQLModel sends does not depend on the edition, so an older one is tested with the extension alone.
IS_NEWEST = version("sqlmodel") == max(file.stem for file in HERE.glob("sqlmodel-*.txt")).removeprefix("sqlmodel-")


def pytest_generate_tests(metafunc):
    """Runs each test of an edition with both, except for those in sql_edition.txt, and those with an older SQLModel."""
    if "edition" in metafunc.fixturenames:
        file = metafunc.module.__name__
        is_left_out = LEFT_OUT & {(file, "*"), (file, metafunc.function.__name__)}
        metafunc.parametrize(
            "edition", ["extension"] if is_left_out or not IS_NEWEST else list(INSTALL), indirect=True, scope="module"
        )


def pytest_sessionfinish(session):
    """A run fails if a test is skipped or expected to fail. Tests that are not run are listed."""
    stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
    if any(stats.get(outcome) for outcome in ["skipped", "xfailed", "xpassed"]):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="module")
def edition(request):
    return request.param


@pytest.fixture
def empty_database(edition):
    yield from dropped(Database(os.environ["PGHOST"], edition, install=False))


@pytest.fixture
def database(edition):
    yield from dropped(Database(os.environ["PGHOST"], edition))


@pytest.fixture(scope="module")
def module_database(edition):
    yield from dropped(Database(os.environ["PGHOST"], edition))


def dropped(database):
    try:
        yield database
    finally:
        database.drop()


def cluster_sh(*arguments):
    """Runs cluster.sh; the variables it prints."""
    run = subprocess.run([TOP / "pgrx-tests/scripts/cluster.sh", *arguments], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return dict(re.findall(r"^(\w+)='?(.*?)'?$", run.stdout, re.MULTILINE))


@contextmanager
def servers():
    """Starts servers beside the shared one, in directories that go with that; they are stopped at the end."""
    started = []

    def start(command, *arguments):
        directory = Path(f"{os.environ['TODO_CLUSTER']}.{command}-{uuid.uuid4().hex[:6]}")
        started.append(directory)
        return directory, cluster_sh(command, directory, *arguments)

    try:
        yield start
    finally:
        for directory in reversed(started):
            cluster_sh("stop", directory)


def module(name, *sources, **names):
    """A module made of (file, line, code). Models are registered by name, so those of earlier modules are forgotten."""
    from sqlmodel import SQLModel
    from sqlmodel.main import default_registry

    default_registry.dispose()
    SQLModel.metadata.clear()
    made = types.ModuleType(name)
    made.__dict__.update(names)
    # Annotations that name a later model are looked up there.
    sys.modules[name] = made
    for file, line, code in sources:
        exec(compile("\n" * line + code, str(file), "exec"), made.__dict__)
    return made


def spec(file):
    """A file of the specification's code, as an argument of module()."""
    path = HERE / "spec" / file
    return path, 0, path.read_text()


def page(file, language="python"):
    """The code blocks of a documentation page, as sources."""
    path = TOP / "docs" / file
    text = path.read_text()
    blocks = [
        (path, text.count("\n", 0, match.start()) + 1, match[1])
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    ]
    assert blocks, f"{path} has no {language}"
    return blocks


# From 0.0.45 on, SQLModel takes `datetime` for a time with time zone: the edit that docs/sqlmodel.md asks for.
NAIVE_BY_DEFAULT = tuple(map(int, version("sqlmodel").split("."))) < (0, 0, 45)


def spec_models():
    """The specification's models, with that edit where it is needed."""
    file, line, code = spec("models.py")
    if NAIVE_BY_DEFAULT:
        return file, line, code
    edited = code.replace(": datetime", ": NaiveDatetime").replace("[datetime]", "[NaiveDatetime]")
    assert edited.count("NaiveDatetime") == 5
    return file, line - 1, "from pydantic import NaiveDatetime\n" + edited


def page_of_models():
    """The documented models and functions, without that edit where it is not known."""
    blocks = page("sqlmodel.md")
    if not NAIVE_BY_DEFAULT:
        return blocks
    edit = "from pydantic import NaiveDatetime"
    return [(file, line, code.replace(edit, "NaiveDatetime = datetime")) for file, line, code in blocks]


class Function:
    """A row of the table of all functions, functions.txt."""

    def __init__(self, line):
        cells = [cell.strip() for cell in line.split("|")]
        self.name, arguments, self.returns, self.effect, self.access, _ = cells
        self.arguments = dict(argument.split(" => ") for argument in arguments.split(", ") if argument)

    def call(self, **others):
        """The call that finds something in `sample()`, with other values for some of its arguments."""
        assert others.keys() <= self.arguments.keys(), self.name
        values = self.arguments | others
        return f"{self.name}({', '.join(f'{name} => {value}' for name, value in values.items())})"


def functions():
    lines = (TOP / "pgrx-tests/functions.txt").read_text().splitlines()
    _, *rows = [line for line in lines if line and not line.startswith("#")]
    return [Function(row) for row in rows]


def sample():
    """The statements that make what the calls of all functions find."""
    return (TOP / "pgrx-tests/fixtures/sample.sql").read_text().replace("@extschema@", "public")


def statements(file):
    """The statements of a file of SQL in the fixtures."""
    text = (TOP / "pgrx-tests/fixtures" / file).read_text()
    return [statement.strip() for statement in text.split(";") if statement.strip()]
