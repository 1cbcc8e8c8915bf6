"""docs/clients.md: Django in a project of its own, as the page has it."""

import datetime
import io
import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import django
import pytest
from django.conf import settings
from django.core.management import call_command

from conftest import Database, dropped, page

MODELS, MIGRATION = [code for _, _, code in page("clients.md")]
CATALOG = (Path(__file__).parents[2] / "fixtures/catalog.sql").read_text()
INSTANT = datetime.datetime(2026, 7, 1, 12, 0, 0, 500000, ZoneInfo("UTC"))


@pytest.fixture(scope="module")
def database():
    # The page's migration makes the extension, so this superuser runs it.
    yield from dropped(Database(os.environ["PGHOST"], install=False))


@pytest.fixture(scope="module")
def app(database, tmp_path_factory):
    """The models, in a project that has migrated. Django's settings are the process's: there is one."""
    from django.db import connections

    directory = tmp_path_factory.mktemp("django")
    (directory / "todo_app/migrations").mkdir(parents=True)
    for name, text in [
        ("__init__", ""),
        ("models", MODELS),
        ("migrations/__init__", ""),
        ("migrations/0001_initial", MIGRATION),
    ]:
        (directory / f"todo_app/{name}.py").write_text(text)
    sys.path.insert(0, str(directory))
    database.execute(f"ALTER DATABASE {database.name} SET client_min_messages = error")
    zone = os.environ["TZ"]
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": database.name,
                "HOST": database.host,
                "USER": "postgres",
            }
        },
        INSTALLED_APPS=["todo_app"],
        USE_TZ=True,
        TIME_ZONE="America/New_York",
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from todo_app import models

    yield models
    connections.close_all()
    sys.path.remove(str(directory))
    os.environ["TZ"] = zone


def value(database, sql):
    return database.execute(sql)[0][0]


def test_rows(app, database):
    before = datetime.datetime.now(ZoneInfo("UTC"))
    user = app.User.objects.create(email="A@example.com", name=" Ada ")
    user.refresh_from_db()
    assert (user.name, user.hashed_password, user.is_active, user.email_verified) == ("Ada", "!", True, False)
    assert abs(user.created_at - before) < datetime.timedelta(minutes=1)
    task = app.Task.objects.create(user=user, title=" Buy milk ")
    assert isinstance(task.id, int)
    task.refresh_from_db()
    assert (task.title, task.completed, task.completed_at) == ("Buy milk", False, None)

    # An instant, whatever zone it is given in, and found by it.
    for zone in ("UTC", "Asia/Tokyo"):
        given = INSTANT.astimezone(ZoneInfo(zone))
        app.Task.objects.filter(id=task.id).update(completed=True, completed_at=given, created_at=given)
        assert value(database, f"SELECT completed_at::text FROM tasks WHERE id = {task.id}") == "2026-07-01 12:00:00.5"
        assert app.Task.objects.get(completed_at=given).completed_at == INSTANT
    assert app.Task.objects.filter(created_at__gt=INSTANT).count() == 0

    [toggled] = app.Task.objects.raw("SELECT * FROM todo_toggle_task(%s, %s)", [task.id, user.id])
    assert (toggled.id, toggled.completed, toggled.completed_at) == (task.id, False, None)
    app.TaskDetails.objects.create(task=task, due_date=datetime.date(2030, 1, 1))
    assert app.Task.objects.get(details__due_date__year=2030) == task
    user.delete()
    assert database.execute("SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM task_details)") == [(0, 0)]


def test_broken_rules(app, database):
    from django.db import IntegrityError, transaction

    user = app.User.objects.create(email="b@example.com", name="B")
    for call, code, column, constraint in [
        (lambda: app.Task.objects.create(user=user, title=" "), "23514", "title", "tasks_title_check"),
        (lambda: app.User.objects.create(email="b", name="B"), "23514", "email", "users_email_check"),
        (lambda: app.User.objects.create(email="B@example.com", name="B"), "23505", None, "ix_users_email_folded"),
        (lambda: app.Task.objects.create(user_id="nobody", title="x"), "23503", None, "tasks_user_id_fkey"),
    ]:
        with pytest.raises(IntegrityError) as raised, transaction.atomic():
            call()
        diag = raised.value.__cause__.diag
        assert (diag.sqlstate, diag.column_name, diag.constraint_name) == (code, column, constraint)
    user.delete()


def test_commands_leave_the_tables_alone(app, database):
    user = app.User.objects.create(email="c@example.com", name="C")
    app.Task.objects.create(user=user, title="x")
    before = database.execute(CATALOG), database.execute("SELECT * FROM users"), database.execute("SELECT * FROM tasks")
    call_command("makemigrations", "todo_app", verbosity=0)
    call_command("migrate", verbosity=0)
    call_command("makemigrations", "--check", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    after = database.execute(CATALOG), database.execute("SELECT * FROM users"), database.execute("SELECT * FROM tasks")
    assert after == before
    with pytest.raises(django.db.migrations.exceptions.IrreversibleError):
        call_command("migrate", "todo_app", "zero", verbosity=0)
    user.delete()


def test_what_inspectdb_writes_loses_defaults(app, database):
    from django.db import IntegrityError, transaction

    out = io.StringIO()
    call_command("inspectdb", "users", "tasks", stdout=out)
    names = {}
    exec(
        out.getvalue().replace("        managed = False", "        managed = False\n        app_label = 'inspected'"),
        names,
    )
    user = app.User.objects.create(email="d@example.com", name="D")
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        names["Tasks"].objects.create(user_id=user.id, title="x")
    assert raised.value.__cause__.diag.sqlstate == "23502"
    user.delete()
