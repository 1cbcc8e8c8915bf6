-- The number of claimed addresses.
SELECT pg_catalog.count(*) FROM todo_directory.addresses AS a
