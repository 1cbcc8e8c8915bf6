"""Times that the tables accept can be read, all rows at once, by every driver."""

import random
from datetime import datetime

import asyncpg
import psycopg
import psycopg2
import pytest

COLUMNS = [
    ("users", "created_at"),
    ("users", "updated_at"),
    ("tasks", "created_at"),
    ("tasks", "updated_at"),
    ("tasks", "completed_at"),
]
LIMITS = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)]


def candidates():
    """Around the limits, the unreadable ones by name, and some of all that PostgreSQL has."""
    around = [
        f"timestamp '{limit}' {sign} interval '{step}'"
        for limit in LIMITS
        for step in ["0", "1 microsecond", "1 second", "14 hours", "1 day", "1 year"]
        for sign in "+-"
    ]
    named = [
        f"timestamp '{time}'"
        for time in ["infinity", "-infinity", "epoch", "2000-01-01", "4713-01-01 BC", "294276-12-31"]
    ]
    draw = random.Random(1)
    anywhere = [f"timestamp '2000-01-01' + interval '{draw.randint(-2_450_000, 106_000_000)} days'" for _ in range(50)]
    return around + named + anywhere


@pytest.fixture
def filled(database):
    """The database, with a row for each time that it accepts; how many it has accepted and refused."""
    accepted = refused = 0
    with database.connect() as client:
        client.execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A')")
        for number, time in enumerate(candidates()):
            for table, column in COLUMNS:
                if table == "users":
                    insert = f"INSERT INTO users (email, name, {column}) VALUES ('{column}{number}@example.com', 'N', {time})"
                else:
                    insert = f"INSERT INTO tasks (user_id, title, {column}, completed) VALUES ('u1', 'x', {time}, true)"
                try:
                    client.execute(insert)
                    accepted += 1
                except psycopg.errors.CheckViolation as error:
                    assert (error.diag.table_name, error.diag.column_name) == (table, column)
                    refused += 1
    return database, accepted, refused


def select(table):
    return "SELECT " + ", ".join(column for of, column in COLUMNS if of == table) + f" FROM {table}"


async def read_by_asyncpg(database, query):
    client = await asyncpg.connect(host=database.host, user=database.owner, database=database.name)
    try:
        return [tuple(row) for row in await client.fetch(query)]
    finally:
        await client.close()


async def test_every_row_is_read_by_every_driver(filled):
    database, accepted, refused = filled
    assert accepted > 50 and refused > 50
    rows = 0
    for table in ["users", "tasks"]:
        query = select(table)
        with database.connect() as client:
            text = client.execute(query).fetchall()
            binary = client.cursor(binary=True).execute(query).fetchall()
        older = psycopg2.connect(host=database.host, dbname=database.name, user=database.owner)
        with older.cursor() as cursor:
            cursor.execute(query)
            by_psycopg2 = cursor.fetchall()
        older.close()
        assert text == binary == by_psycopg2 == await read_by_asyncpg(database, query)
        times = [time for row in text for time in row]
        assert min(times) == LIMITS[0] and max(times) == LIMITS[1]
        rows += len(text)
    assert rows == accepted + 1
