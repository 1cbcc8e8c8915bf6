-- The checks of the database. Those that are in order but not in dumps are notes.
SELECT c.name, c.ok, c.detail, c.fix, d.object IS NOT NULL AS is_extra
FROM @extschema@.todo_check() AS c
LEFT JOIN @extschema@.todo_not_in_dumps() AS d ON c.name OPERATOR(pg_catalog.=) ('dump of ' OPERATOR(pg_catalog.||) d.object)
