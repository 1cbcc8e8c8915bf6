-- These tables hold the lines of an import until all of them have been checked.
CREATE TEMPORARY TABLE pg_temp.todo_import_users (
    line            pg_catalog.int8 NOT NULL,
    raw             pg_catalog.text,
    id              pg_catalog.text,
    email           pg_catalog.text,
    name            pg_catalog.text,
    hashed_password pg_catalog.text,
    created_at      pg_catalog.timestamp,
    updated_at      pg_catalog.timestamp,
    is_active       pg_catalog.bool,
    email_verified  pg_catalog.bool
) ON COMMIT DROP;

CREATE TEMPORARY TABLE pg_temp.todo_import_tasks (
    line         pg_catalog.int8 NOT NULL,
    raw          pg_catalog.text,
    id           pg_catalog.int4,
    user_id      pg_catalog.text,
    title        pg_catalog.text,
    description  pg_catalog.text,
    completed    pg_catalog.bool,
    created_at   pg_catalog.timestamp,
    updated_at   pg_catalog.timestamp,
    completed_at pg_catalog.timestamp
) ON COMMIT DROP
