"""docs/lists.md: pages of tasks, as the models of docs/sqlmodel.md."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from conftest import SYNC_DRIVERS, module, page, page_of_models


@pytest.fixture
def lists(database):
    database.execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A')")
    tasks = "SELECT todo_create_task('u1', 'Task ' || i) FROM generate_series(1, 25) AS i"
    database.execute(tasks)
    return module("lists", *page_of_models(), *page("lists.md"))


@pytest.mark.parametrize("driver", SYNC_DRIVERS)
def test_pages(database, lists, driver):
    engine = create_engine(database.url(driver))
    with Session(engine) as session:
        for sort, order in [("created", "created_at DESC, id DESC"), ("title", "title, id")]:
            found, after = [], None
            while True:
                tasks, after = lists.task_page(session, "u1", sort=sort, page_size=10, after=after)
                assert all(isinstance(task, lists.Task) for task in tasks)
                found += [task.id for task in tasks]
                if after is None:
                    break
            assert found == [row[0] for row in database.execute(f"SELECT id FROM tasks ORDER BY {order}")]
        tasks, after = lists.task_page(session, "u1", completed=False, search="TASK 2", page_size=3)
        assert [task.title for task in tasks] == ["Task 25", "Task 24", "Task 23"]
        tasks, after = lists.task_page(session, "u1", completed=False, search="TASK 2", page_size=3, after=after)
        assert [task.title for task in tasks] == ["Task 22", "Task 21", "Task 20"]
        tasks, after = lists.task_page(session, "u1", completed=False, search="TASK 2", page_size=3, after=after)
        assert ([task.title for task in tasks], after) == (["Task 2"], None)
        assert lists.task_page(session, "u1", completed=True) == ([], None)
    engine.dispose()
