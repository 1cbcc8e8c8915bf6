"""docs/times.md in Python: instants are the same on both sides, whatever the zones of client and session are."""

import os
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import psycopg
import psycopg2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from conftest import ASYNC_DRIVERS, module, page

ZONES = ["Asia/Tokyo", "America/New_York", "UTC"]
AWARE = datetime(2026, 7, 1, 21, 0, 0, 500000, ZoneInfo("Asia/Tokyo"))
STORED = "2026-07-01 12:00:00.5"
UPDATE = "UPDATE tasks SET created_at = {} WHERE id = 1"


@pytest.fixture(params=ZONES)
def zone(request):
    before = os.environ["TZ"]
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ["TZ"] = before
    time.tzset()


@pytest.fixture
def tasks(database):
    database.execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A')")
    database.execute("SELECT todo_create_task('u1', 'x')")
    database.execute("UPDATE tasks SET created_at = 'epoch', updated_at = 'epoch'")
    return database


@pytest.fixture
def times():
    return module("times", *page("times.md"))


def stored(database):
    return database.execute("SELECT created_at::text FROM tasks")[0][0]


@pytest.mark.parametrize("driver", [psycopg, psycopg2])
def test_drivers(times, tasks, zone, driver):
    with driver.connect(host=tasks.host, dbname=tasks.name, user=tasks.role) as client:
        cursor = client.cursor()
        assert client.info.parameter_status("TimeZone") == "Asia/Karachi" if driver is psycopg else True
        # As it is, PostgreSQL converts it to the session's zone; as the page has it, nothing is converted.
        cursor.execute(UPDATE.format("%s"), [AWARE])
        client.commit()
        assert stored(tasks) == "2026-07-01 17:00:00.5"
        cursor.execute(UPDATE.format("%s"), [times.to_utc(AWARE)])
        client.commit()
        assert stored(tasks) == STORED
        cursor.execute("SELECT created_at FROM tasks")
        assert times.from_utc(cursor.fetchone()[0]) == AWARE
        cursor.execute("SELECT created_at FROM todo_create_task('u1', 'new')")
        assert abs(times.from_utc(cursor.fetchone()[0]) - datetime.now(ZoneInfo("UTC"))) < timedelta(minutes=1)


async def test_asyncpg(times, tasks, zone):
    client = await asyncpg.connect(host=tasks.host, database=tasks.name, user=tasks.role)
    with pytest.raises(asyncpg.DataError):
        await client.execute(UPDATE.format("$1"), AWARE)
    await client.execute(UPDATE.format("$1"), times.to_utc(AWARE))
    assert stored(tasks) == STORED
    assert times.from_utc(await client.fetchval("SELECT created_at FROM tasks")) == AWARE
    await client.close()


@pytest.mark.parametrize("driver", ASYNC_DRIVERS)
async def test_sqlalchemy(times, tasks, zone, driver):
    engine = create_async_engine(tasks.url(driver))
    async with engine.begin() as connection:
        await connection.execute(text(UPDATE.format(":time")), {"time": times.to_utc(AWARE)})
        read = (await connection.execute(text("SELECT created_at FROM tasks"))).scalar_one()
    assert (stored(tasks), times.from_utc(read)) == (STORED, AWARE)
    await engine.dispose()


def test_times_of_psycopg2_by_sqlalchemy(times, tasks, zone):
    engine = create_engine(tasks.url("psycopg2"))
    with engine.begin() as connection:
        connection.execute(text(UPDATE.format(":time")), {"time": times.to_utc(AWARE)})
    assert stored(tasks) == STORED
    engine.dispose()
