-- Whether this database still has users that have left it for another one, by the triggers of placement_raise.sql.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS t
    WHERE t.tgfoid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure('todo_placement.refuse()')::pg_catalog.oid
      AND pg_catalog.starts_with(t.tgname::pg_catalog.text, '0_todo_leaving')
)
