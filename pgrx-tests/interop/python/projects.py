"""Projects that use Alembic, as docs/alembic.md has them."""

import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from sqlmodel import SQLModel
from sqlmodel.main import default_registry

from conftest import VERSION, edition_script, page

ENV_PY, NEW_PROJECT, ADOPTING, SQL_EDITION, IN_A_SCHEMA = [code for _, _, code in page("alembic.md")]
# By edition: the revision of a new project, the one that adopts, and the version that is there after a downgrade.
NEW = {"extension": NEW_PROJECT, "sql": SQL_EDITION}
ADOPT = {
    "extension": ADOPTING,
    "sql": SQL_EDITION.replace('"001"\ndown_revision = None', '"002"\ndown_revision = "001"'),
}
DOWN = {"extension": "0.2.0", "sql": None}
[STAMP] = [code for _, _, code in page("alembic.md", "sh")]


class Project:
    """A directory made by `alembic init`, with the application's models beside it."""

    def __init__(self, path, database, models, documented_env):
        self.path = path
        self.run("init", "migrations")
        (path / "app.py").write_text("\n".join(code for _, _, code in models))
        env = (path / "migrations/env.py").read_text()
        env = env.replace("target_metadata = None", "import app\ntarget_metadata = app.SQLModel.metadata")
        if documented_env:
            start, end = env.index("def run_migrations_online"), env.index("if context.is_offline_mode")
            env = env[:start] + ENV_PY + env[end:]
        (path / "migrations/env.py").write_text(env)
        self.use(database)
        # What autogenerate writes for SQLModel's types needs it.
        template = path / "migrations/script.py.mako"
        template.write_text(
            template.read_text().replace("import sqlalchemy as sa", "import sqlalchemy as sa\nimport sqlmodel")
        )

    def use(self, database):
        """Lets Alembic work on this database from now on."""
        self.database = database
        ini = (self.path / "alembic.ini").read_text()
        url = database.url("psycopg", database.owner).replace("%", "%%")
        start = ini.index("sqlalchemy.url = ")
        (self.path / "alembic.ini").write_text(f"{ini[:start]}sqlalchemy.url = {url}{ini[ini.index(chr(10), start) :]}")

    def autogenerate(self):
        """The revision that autogenerate writes: its file, and its upgrade()."""
        self.run("revision", "--autogenerate", "-m", "found")
        [file] = (self.path / "migrations/versions").glob("*_found.py")
        written = file.read_text()
        return file, written[written.index("def upgrade") : written.index("def downgrade")]

    def revision(self, name, code):
        (self.path / f"migrations/versions/{name}.py").write_text(code)
        if "SCRIPT" in code:
            (self.path / f"migrations/versions/todo-{VERSION}.sql").write_text(edition_script("todo"))

    def attempt(self, *arguments):
        """Runs Alembic's command in a fork of this process, because loading Alembic again would take a second."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            child = os.fork()
            if not child:
                code = 1
                try:
                    sys.stdout, sys.stderr = out, err
                    os.chdir(self.path)
                    sys.path.insert(0, ".")
                    # Forget models of other tests, which are not part of this project.
                    sys.modules.pop("app", None)
                    default_registry.dispose()
                    SQLModel.metadata.clear()
                    # Imported only here, because it keeps the sys.stdout that it finds when it is loaded.
                    from alembic.config import main

                    main(argv=arguments, prog="alembic")
                    code = 0
                except SystemExit as exit:
                    code = exit.code if isinstance(exit.code, int) else 1
                except BaseException:
                    traceback.print_exc(file=err)
                finally:
                    out.flush()
                    err.flush()
                    # End without the exit handlers of the test runner.
                    os._exit(code)
            _, status = os.waitpid(child, 0)
            texts = [(file.seek(0), file.read())[1] for file in (out, err)]
            return subprocess.CompletedProcess(arguments, os.waitstatus_to_exitcode(status), *texts)

    def run(self, *arguments):
        run = self.attempt(*arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def sh(self, script):
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PYTHONPATH": ".", "PATH": path}
        run = subprocess.run(["sh", "-ec", script], cwd=self.path, capture_output=True, text=True, env=environment)
        assert run.returncode == 0, run.stdout + run.stderr

    def version(self):
        if self.database.edition == "extension":
            rows = self.database.execute("SELECT extversion FROM pg_extension WHERE extname = 'todo'")
        else:
            # Where it is not installed, there is no such table.
            rows = self.database.execute("SELECT to_regclass('todo_internal.installed') IS NOT NULL")
            rows = rows[0][0] and self.database.execute("SELECT version FROM todo_internal.installed")
        return rows[0][0] if rows else None

    def rows(self):
        # In the order of rows, so that a row written anew would show.
        return [self.database.execute(f"SELECT * FROM {table} ORDER BY id") for table in ("users", "tasks")]
