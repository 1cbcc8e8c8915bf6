-- The owner of the SQL edition's guard, and whether that is the current role; no row if there is no guard.
SELECT pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text AS owner,
    pg_catalog.pg_get_userbyid(n.nspowner) OPERATOR(pg_catalog.=) CURRENT_USER AS is_current
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_guard'
  AND EXISTS (
      SELECT
      FROM pg_catalog.pg_event_trigger AS t
      JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) t.evtfoid
      WHERE p.pronamespace OPERATOR(pg_catalog.=) n.oid
  )
