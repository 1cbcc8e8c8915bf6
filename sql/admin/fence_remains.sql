-- The statements that drop what is left of a fence that lets writes pass, and of the rules for users that have left this database. Each
-- waits for the transactions that use its table. The function of a fence goes last.
SELECT s.statement
FROM (
    SELECT 1 AS place, pg_catalog.format('DROP TRIGGER %I ON %I.%I', t.tgname, n.nspname, c.relname) AS statement
    FROM pg_catalog.pg_trigger AS t
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    -- Those of partitions go with that of their table.
    WHERE t.tgparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid AND (
          t.tgfoid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure('todo_fence.pass()')::pg_catalog.oid
       OR t.tgfoid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure('todo_placement.refuse()')::pg_catalog.oid
      AND (
          pg_catalog.starts_with(t.tgname::pg_catalog.text, '0_todo_leaving')
          -- Another split has made a stricter rule since.
          OR t.tgname OPERATOR(pg_catalog.<>) (
              SELECT pg_catalog.concat(
                  'todo_placement_', pg_catalog.substring(pg_catalog.obj_description(s.oid, 'pg_namespace'), 'is shard [0-9]+ of ([0-9]+)')
              )::pg_catalog.name
              FROM pg_catalog.pg_namespace AS s
              WHERE s.nspname OPERATOR(pg_catalog.=) 'todo_placement'
          )
      )
    )
    UNION ALL
    SELECT 2, 'DROP FUNCTION todo_fence.refuse_command() CASCADE'
    WHERE pg_catalog.to_regprocedure('todo_fence.pass()') IS NOT NULL
      AND pg_catalog.to_regprocedure('todo_fence.refuse_command()') IS NOT NULL
    UNION ALL
    SELECT 3, 'DROP FUNCTION todo_fence.pass()'
    WHERE pg_catalog.to_regprocedure('todo_fence.pass()') IS NOT NULL
    UNION ALL
    SELECT 4, 'DROP SCHEMA todo_fence'
    WHERE pg_catalog.to_regprocedure('todo_fence.pass()') IS NOT NULL
) AS s
ORDER BY s.place, s.statement
