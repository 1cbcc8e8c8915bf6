-- The servers of a router by which it knows the databases of the list: how it connects, and how many of them it has. No row if this
-- database is no router, or one that another role than a superuser or this one has made, whose code must not run.
SELECT w.fdwname::pg_catalog.text AS wrapper, pg_catalog.count(*) AS servers
FROM pg_catalog.pg_foreign_server AS s
JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid OPERATOR(pg_catalog.=) s.srvfdw
WHERE EXISTS (
        SELECT
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) p.proowner
        WHERE p.oid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure('todo_router.set_server(text, text, text[])')::pg_catalog.oid
          AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) CURRENT_USER)
    )
  AND (
      w.fdwname OPERATOR(pg_catalog.=) 'plproxy' AND s.srvname OPERATOR(pg_catalog.=) 'todo'
      OR w.fdwname OPERATOR(pg_catalog.=) 'postgres_fdw' AND s.srvname OPERATOR(pg_catalog.~) '^todo_[0-9]+$'
  )
GROUP BY w.fdwname
