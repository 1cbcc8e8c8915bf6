-- What keeps half of the users of this database from being deleted when another one has them, or keeps their rows in other tables from
-- being told apart: one row for each, in words.
WITH deleted AS (
    SELECT '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid AS oid
    UNION
    SELECT c.conrelid
    FROM pg_catalog.pg_constraint AS c
    WHERE c.contype OPERATOR(pg_catalog.=) 'f'
      AND c.confrelid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid
)
SELECT pg_catalog.format(
        'constraint %s of table %s keeps users from being deleted with all their rows', pg_catalog.quote_ident(c.conname), c.conrelid::pg_catalog.regclass
    ) AS obstacle,
    CASE
        WHEN c.confrelid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid
            THEN 'let one column of the table refer to the id of users, with ON DELETE CASCADE'
        ELSE 'let the table refer to users, not to a table whose rows belong to users'
    END AS fix
FROM pg_catalog.pg_constraint AS c
WHERE c.contype OPERATOR(pg_catalog.=) 'f'
  AND c.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid
  AND CASE
      WHEN c.confrelid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid THEN
          c.confdeltype OPERATOR(pg_catalog.<>) 'c' OR c.conrelid OPERATOR(pg_catalog.=) c.confrelid OR EXISTS (
              -- A row with two users could be in neither database.
              SELECT
              FROM pg_catalog.pg_constraint AS o
              WHERE o.contype OPERATOR(pg_catalog.=) 'f'
                AND o.conrelid OPERATOR(pg_catalog.=) c.conrelid
                AND o.confrelid OPERATOR(pg_catalog.=) c.confrelid
                AND o.conkey OPERATOR(pg_catalog.<>) c.conkey
          ) OR pg_catalog.cardinality(c.conkey) OPERATOR(pg_catalog.<>) 1 OR NOT EXISTS (
              SELECT
              FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid OPERATOR(pg_catalog.=) c.confrelid
                AND a.attnum OPERATOR(pg_catalog.=) c.confkey[1]
                AND a.attname OPERATOR(pg_catalog.=) 'id'
          )
      ELSE c.confrelid OPERATOR(pg_catalog.=) ANY (
          SELECT o.conrelid
          FROM pg_catalog.pg_constraint AS o
          WHERE o.contype OPERATOR(pg_catalog.=) 'f'
            AND o.confrelid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid
      )
  END
UNION ALL
SELECT pg_catalog.format('rule %s of table %s changes what happens when users are deleted', pg_catalog.quote_ident(r.rulename), r.ev_class::pg_catalog.regclass),
    'drop it'
FROM pg_catalog.pg_rewrite AS r
JOIN deleted AS t ON t.oid OPERATOR(pg_catalog.=) r.ev_class
WHERE r.ev_type OPERATOR(pg_catalog.=) '4'
UNION ALL
-- Whoever may create a trigger can have it call a function there, whoever owns the trigger's own function.
SELECT pg_catalog.format(
        'trigger %s of table %s has a condition, which would run with your rights when users are deleted', pg_catalog.quote_ident(g.tgname), g.tgrelid::pg_catalog.regclass
    ), 'let its function decide, or drop it'
FROM pg_catalog.pg_trigger AS g
JOIN deleted AS t ON t.oid OPERATOR(pg_catalog.=) g.tgrelid
WHERE g.tgqual IS NOT NULL
  -- It fires for DELETE.
  AND (g.tgtype::pg_catalog.int4 OPERATOR(pg_catalog.&) 8) OPERATOR(pg_catalog.<>) 0
  AND NOT (
      pg_catalog.starts_with(g.tgname::pg_catalog.text, '0_todo_leaving_')
      AND g.tgfoid OPERATOR(pg_catalog.=) COALESCE(pg_catalog.to_regprocedure('todo_placement.refuse()')::pg_catalog.oid, 0::pg_catalog.oid)
  )
