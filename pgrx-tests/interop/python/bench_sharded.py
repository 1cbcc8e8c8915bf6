"""Medians, in microseconds, of a toggle in a session of SQLModel on the database of the user, and in a ShardedSession; in turn, in one
process, in the directory of shards.json."""

import statistics
import time

from sqlalchemy import text
from sqlmodel import Session

from conftest import module, page, page_of_models

CALLS = 1000
WARM_UP = 100
TOGGLE = text("SELECT * FROM todo_toggle_task(:task_id, :user_id)")
APP = module("app", *page_of_models(), *page("sharded-session.md"))
ENGINE = APP.ENGINES[APP.shard_of("u")]


def toggle(session, call):
    with session:
        assert session.exec(TOGGLE, params={"task_id": call * 7919 % 10000 + 1, "user_id": "u"}).one()
        session.commit()


def main():
    times = {lambda: Session(ENGINE): [], APP.UserSession: []}
    for call in range(CALLS + WARM_UP):
        for session, measured in times.items():
            start = time.perf_counter()
            toggle(session(), call)
            if call >= WARM_UP:
                measured.append(time.perf_counter() - start)
    print(*(statistics.median(measured) * 1e6 for measured in times.values()))


main()
