CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA todo_router;
