-- What a backup is named after: the database, and the time in UTC.
SELECT
    pg_catalog.current_database()::pg_catalog.text AS database,
    pg_catalog.timezone('UTC', pg_catalog.now()) AS now
