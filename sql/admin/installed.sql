-- How todo is installed in this database; no row if it is not. Other commands need todo_check(), which versions before 1.0.0 lack.
-- of_sql_edition, and for that edition: its owner, whether the current role may read its version, and whether the current role is a
-- superuser, or has logged in as one, and the owner is not. Only PostgreSQL's catalogs are read, because objects of the owner could run its code.
SELECT false AS of_sql_edition,
    e.extversion AS version,
    pg_catalog.quote_ident(n.nspname) AS schema,
    pg_catalog.to_regprocedure(pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.||) '.todo_check()') IS NOT NULL AS has_check,
    NULL::pg_catalog.text AS owner,
    false AS reads_version,
    false AS needs_trust
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
UNION ALL
SELECT true, NULL, pg_catalog.quote_ident(n.nspname), true, o.rolname::pg_catalog.text,
    pg_catalog.has_schema_privilege(h.oid, 'USAGE') AND pg_catalog.has_table_privilege(i.oid, 'SELECT'),
    NOT o.rolsuper AND EXISTS (
        SELECT FROM pg_catalog.pg_roles AS s
        WHERE s.rolsuper AND s.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[CURRENT_USER, SESSION_USER])
    )
FROM pg_catalog.pg_class AS i
JOIN pg_catalog.pg_namespace AS h ON h.oid OPERATOR(pg_catalog.=) i.relnamespace
JOIN pg_catalog.pg_roles AS o ON o.oid OPERATOR(pg_catalog.=) h.nspowner
JOIN pg_catalog.pg_proc AS p ON p.proowner OPERATOR(pg_catalog.=) o.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
WHERE h.nspname OPERATOR(pg_catalog.=) 'todo_internal'
  AND i.relname OPERATOR(pg_catalog.=) 'installed'
  AND p.proname OPERATOR(pg_catalog.=) 'todo_check'
  AND p.pronargs OPERATOR(pg_catalog.=) 0
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'todo')
LIMIT 1
