-- The checks of the database. Those that are in order and yet have something to be done after a restore are notes.
SELECT
    c.name, c.ok, c.detail, COALESCE(c.fix, 'after a restore: ' OPERATOR(pg_catalog.||) d.ddl) AS fix,
    d.ddl IS NOT NULL AS is_extra
FROM @extschema@.todo_check() AS c
LEFT JOIN @extschema@.todo_not_in_dumps() AS d ON c.name OPERATOR(pg_catalog.=) ('dump of ' OPERATOR(pg_catalog.||) d.object)
