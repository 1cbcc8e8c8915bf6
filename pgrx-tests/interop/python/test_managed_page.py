"""docs/managed.md from its beginning to its end, by roles that are not superusers, with the output that it shows."""

import os
import re
import subprocess

import psycopg
import pytest

from conftest import TOP, VERSION, edition_script, servers

PAGE = (TOP / "docs/managed.md").read_text()
# Sections that begin with a new database, and what is in it.
FRESH = {
    "A schema of its own": "",
    "Adopting tables": f"""CREATE EXTENSION pgcrypto;
        {(TOP / "pgrx-tests/fixtures/adopt/alembic.sql").read_text()}
        INSERT INTO users VALUES ('ada', 'ada@example.com', 'Ada', '!', now(), now(), true, true);
        INSERT INTO tasks (user_id, title, updated_at) VALUES ('ada', 'Buy milk', now()), ('ada', ' ', now())""",
}
NEXT = "-- next"
PARTS = ["todo", "todo_auth", "todo_guard"]


def sections():
    """The headings of the page, each with its blocks of code: language and text."""
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        yield section.partition("\n")[0], re.findall(r"^```(\w+)\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def steps(block):
    """The commands of a block, each with what was typed into it, and the output of both: [(command, [(statement, output)])]."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], [["", ""]]))
        elif match := re.match(r"\w+=> (.*)", line):
            found[-1][1].append([match[1], ""])
        else:
            found[-1][1][-1][1] += line + "\n"
    return found


def lines(text):
    """Output without what is different from run to run: the lengths of lines, and the line of the script that failed."""
    return [re.sub(r"[.]sql:\d+:", ".sql:N:", line.rstrip()) for line in text.rstrip().splitlines()]


def run(command, where, environment):
    # -X: without the user's own settings.
    command = re.sub(r"^psql ", "psql -X ", command)
    statements = [statement for statement, _ in where[1][1:]]
    typed = "".join(f"\\echo {NEXT}\n{statement}\n" for statement in statements)
    shell = ["sh", "-c", f"exec 2>&1; {command}"]
    out = subprocess.run(shell, input=typed, capture_output=True, text=True, **environment).stdout
    printed = out.split(f"{NEXT}\n")
    shown = [output for _, output in where[1]]
    assert len(printed) == len(shown), out
    for statement, expected, got in zip([command, *statements], shown, printed, strict=True):
        assert lines(got) == lines(expected), f"{statement}\n{got}"
    return len(shown)


@pytest.fixture
def server(tmp_path):
    """A server of its own, for the names of the roles, whose main role is as Neon's is; and the scripts."""
    for part in PARTS:
        (tmp_path / f"{part}-{VERSION}.sql").write_text(edition_script(part))
    with servers() as start:
        _, environment = start("start")
        with psycopg.connect(host=environment["PGHOST"], user="postgres", autocommit=True) as client:
            client.execute("CREATE ROLE neondb_owner LOGIN CREATEDB CREATEROLE BYPASSRLS")
            client.execute("CREATE DATABASE neondb OWNER neondb_owner")
            # The script has texts in it that look like the beginning of a hash, and tests search the log for hashes.
            client.execute("ALTER SYSTEM SET log_min_error_statement = panic")
            client.execute("SELECT pg_reload_conf()")
        yield environment["PGHOST"]


def test_the_page(server, tmp_path):
    def execute(role, database, *statements):
        with psycopg.connect(host=server, user=role, dbname=database, autocommit=True) as client:
            for statement in statements:
                client.execute(statement)

    # Without the variables of the cluster of all tests, which name a superuser.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment = {"cwd": tmp_path, "env": variables}
    outputs = 0
    for heading, blocks in sections():
        if heading in FRESH:
            # Not by force: only a superuser may end an autovacuum worker, but PostgreSQL itself does.
            execute("neondb_owner", "neondb", "DROP DATABASE app", "CREATE DATABASE app OWNER app_owner")
            execute("app_owner", "app", FRESH[heading] or "SELECT 1")
        for language, text in blocks:
            if language == "sh":
                for name, url in re.findall(r"^export (\w+)='(.*)'$", text, re.MULTILINE):
                    local = re.sub(r":PASSWORD@[^/]*(/\w+)[?]sslmode=require$", rf"@\1?host={server}", url)
                    assert local != url and "-pooler" not in url
                    variables[name] = local
            elif language == "console":
                for step in steps(text):
                    # Neon lets its main role make event triggers. PostgreSQL itself lets only superusers.
                    makes_event_triggers = "todo_guard-" in step[0]
                    if makes_event_triggers:
                        execute("postgres", "neondb", "ALTER ROLE neondb_owner SUPERUSER")
                    outputs += run(step[0], step, environment)
                    if makes_event_triggers:
                        execute("postgres", "neondb", "ALTER ROLE neondb_owner NOSUPERUSER")
    assert outputs > 40


def test_a_superuser_is_refused(server, tmp_path):
    """With the message that the page shows."""
    [message] = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    with psycopg.connect(host=server, user="postgres", dbname="neondb", autocommit=True) as client:
        client.execute("CREATE EXTENSION pgcrypto")
        with pytest.raises(psycopg.Error) as raised:
            client.execute(edition_script("todo"))
    diag = raised.value.diag
    assert message == f"ERROR:  {diag.message_primary}\nDETAIL:  {diag.message_detail}\nHINT:  {diag.message_hint}\n"
