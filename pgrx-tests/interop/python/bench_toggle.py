"""Medians, in microseconds, of a toggle by the specification's code, by the function in a session of SQLModel, and by the function
through asyncpg alone; in turn, in one process."""

import asyncio
import os
import statistics
import time
import warnings

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from conftest import module, spec, spec_models

CALLS = 1000
WARM_UP = 100
FUNCTION = "SELECT * FROM todo_toggle_task({}, {})"

# datetime.utcnow() is deprecated, and the specification calls it.
warnings.simplefilter("ignore", DeprecationWarning)
APP = module("app", spec_models(), spec("queries.py"))


async def by_model(engine, _, task, user):
    async with AsyncSession(engine) as session:
        assert await APP.toggle_task_completion(session, task, user)


async def in_session(engine, _, task, user):
    async with AsyncSession(engine) as session:
        rows = await session.exec(text(FUNCTION.format(":task", ":user")), params={"task": task, "user": user})
        assert rows.one()
        await session.commit()


async def alone(_, connection, task, user):
    assert await connection.fetchrow(FUNCTION.format("$1", "$2"), task, user)


async def main():
    engine = create_async_engine(f"postgresql+asyncpg://postgres@/postgres?host={os.environ['PGHOST']}")
    connection = await asyncpg.connect(host=os.environ["PGHOST"], user="postgres", database="postgres")
    times = {by_model: [], in_session: [], alone: []}
    for call in range(CALLS + WARM_UP):
        for work, measured in times.items():
            task = call * 7919 % 100000 + 1
            start = time.perf_counter()
            await work(engine, connection, task, str(task % 1000 + 1))
            if call >= WARM_UP:
                measured.append(time.perf_counter() - start)
    await connection.close()
    await engine.dispose()
    print(*(statistics.median(measured) * 1e6 for measured in times.values()))


asyncio.run(main())
