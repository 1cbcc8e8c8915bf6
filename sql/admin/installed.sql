-- How todo is installed in this database; no row if it is not. Other commands need todo_check(), which versions before 1.0.0 lack.
-- of_sql_edition, and for that edition: its owner, whether the current role may read its version, and the roles that a superuser has to
-- trust: its owner, and the owner of the schema, who could replace what is in it.
-- Only PostgreSQL's catalogs are read, because objects of these roles could run their code.
SELECT false AS of_sql_edition,
    e.extversion AS version,
    pg_catalog.quote_ident(n.nspname) AS schema,
    pg_catalog.to_regprocedure(pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.||) '.todo_check()') IS NOT NULL AS has_check,
    NULL::pg_catalog.text AS owner,
    false AS reads_version,
    ARRAY[]::pg_catalog.text[] AS to_trust
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
UNION ALL
SELECT true, NULL, pg_catalog.quote_ident(n.nspname), true, o.rolname::pg_catalog.text,
    pg_catalog.has_schema_privilege(h.oid, 'USAGE') AND pg_catalog.has_table_privilege(i.oid, 'SELECT'),
    ARRAY(
        SELECT DISTINCT r.rolname::pg_catalog.text
        FROM pg_catalog.pg_roles AS r
        JOIN pg_catalog.pg_database AS d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
        WHERE NOT r.rolsuper
          AND (
              r.oid OPERATOR(pg_catalog.=) o.oid
              -- The member of pg_database_owner is the owner of the database.
              OR r.oid OPERATOR(pg_catalog.=) CASE
                  WHEN n.nspowner OPERATOR(pg_catalog.=) pg_catalog.to_regrole('pg_database_owner')::pg_catalog.oid THEN d.datdba
                  ELSE n.nspowner
              END
          )
        ORDER BY 1
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
