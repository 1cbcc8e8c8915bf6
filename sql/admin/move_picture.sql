-- What an application may have added to the tables or set on them, or granted, as text: all of it must be there after a move. What
-- differs between the editions is left out: owners, rights of role $1 (who becomes the owner), the extension's own role, REFERENCES and
-- TRIGGER on users and tasks, and definitions of functions and views.
WITH relation AS (
    SELECT c.*, n.nspname, pg_catalog.concat(n.nspname, '.', c.relname) AS name
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind OPERATOR(pg_catalog.<>) 't'
      AND (
          n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
          OR c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[
              '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
              '@extschema@.tasks_id_seq'::pg_catalog.regclass, '@extschema@.todo_users'::pg_catalog.regclass
          ])
      )
), attribute AS (
    SELECT r.name, r.relowner, a.*
    FROM relation AS r
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) r.oid
    WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND r.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v']::pg_catalog."char"[])
), member AS (
    -- Whatever is in schema todo_auth, and the functions of the API.
    SELECT d.classid, d.objid
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) d.refobjid
    WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.deptype OPERATOR(pg_catalog.=) 'n'
      AND n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
      AND d.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_extension'::pg_catalog.regclass
    UNION
    SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
    UNION
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace OPERATOR(pg_catalog.=) '@extschema@'::pg_catalog.regnamespace
      AND p.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT todo_internal.member_functions()))
      -- It does something else in each edition, and its comment says so.
      AND p.proname OPERATOR(pg_catalog.<>) 'todo_release_tables'
), granted (what, relation, owner, acl) AS (
    SELECT r.name, r.oid, r.relowner, r.relacl FROM relation AS r
    UNION ALL
    SELECT pg_catalog.concat('column ', a.attname, ' of ', a.name), a.attrelid, a.relowner, a.attacl FROM attribute AS a
    UNION ALL
    SELECT pg_catalog.concat('schema ', n.nspname), 0::pg_catalog.oid, n.nspowner, n.nspacl
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
)
SELECT pg_catalog.concat(
    'relation ', r.name, ', ', r.relkind, r.relpersistence, r.relreplident, ', row-level security ', r.relrowsecurity, ' ',
    r.relforcerowsecurity, ', tablespace ', r.reltablespace, ', ', r.reloptions, ', ',
    (SELECT t.reloptions FROM pg_catalog.pg_class AS t WHERE t.oid OPERATOR(pg_catalog.=) r.reltoastrelid)
) AS line
FROM relation AS r
UNION ALL
SELECT pg_catalog.concat(
    'column ', a.attname, ' of ', a.name, ', ', pg_catalog.format_type(a.atttypid, a.atttypmod), ' ', a.attnotnull, ' ', a.attstattarget, ' ',
    a.attstorage, ' ', a.attcompression, ' ',
    -- One that begins with pg_ is PostgreSQL's own.
    ARRAY(SELECT o.option FROM pg_catalog.unnest(a.attoptions) AS o (option) WHERE NOT pg_catalog.starts_with(o.option, 'pg_')),
    ', default ', pg_catalog.pg_get_expr(d.adbin, d.adrelid)
)
FROM attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
UNION ALL
SELECT pg_catalog.concat('constraint ', k.conname, ' of ', r.name, ', ', pg_catalog.pg_get_constraintdef(k.oid))
FROM relation AS r
JOIN pg_catalog.pg_constraint AS k ON k.conrelid OPERATOR(pg_catalog.=) r.oid
UNION ALL
SELECT pg_catalog.concat('trigger ', t.tgname, ' of ', r.name, ', ', t.tgenabled, ', ', pg_catalog.pg_get_triggerdef(t.oid))
FROM relation AS r
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid OPERATOR(pg_catalog.=) r.oid
WHERE NOT t.tgisinternal
UNION ALL
SELECT pg_catalog.concat(
    'policy ', p.polname, ' of ', r.name, ', ', p.polcmd, ' ', p.polpermissive, ' ', p.polroles, ', ', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    ', ', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
)
FROM relation AS r
JOIN pg_catalog.pg_policy AS p ON p.polrelid OPERATOR(pg_catalog.=) r.oid
UNION ALL
SELECT pg_catalog.concat('rule ', w.rulename, ' of ', r.name)
FROM relation AS r
JOIN pg_catalog.pg_rewrite AS w ON w.ev_class OPERATOR(pg_catalog.=) r.oid
UNION ALL
SELECT pg_catalog.concat('statistics ', s.stxname, ' of ', r.name)
FROM relation AS r
JOIN pg_catalog.pg_statistic_ext AS s ON s.stxrelid OPERATOR(pg_catalog.=) r.oid
UNION ALL
SELECT pg_catalog.concat('publication ', p.pubname, ' of ', r.name)
FROM relation AS r
JOIN pg_catalog.pg_publication_rel AS m ON m.prrelid OPERATOR(pg_catalog.=) r.oid
JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) m.prpubid
UNION ALL
SELECT pg_catalog.concat('publication ', p.pubname, ' of schema ', n.nspname)
FROM pg_catalog.pg_publication_namespace AS m
JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) m.pnpubid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) m.pnnspid
WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
UNION ALL
SELECT pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid), CASE WHEN i.indisclustered THEN ', clustered' END)
FROM relation AS r
JOIN pg_catalog.pg_index AS i ON i.indrelid OPERATOR(pg_catalog.=) r.oid
UNION ALL
SELECT pg_catalog.concat('comment of ', pg_catalog.pg_describe_object(d.classoid, d.objoid, d.objsubid), ', ', d.description)
FROM (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS classid, r.oid AS objid FROM relation AS r
    UNION
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid
    FROM relation AS r
    JOIN pg_catalog.pg_index AS i ON i.indrelid OPERATOR(pg_catalog.=) r.oid
    UNION
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
    FROM relation AS r
    JOIN pg_catalog.pg_constraint AS k ON k.conrelid OPERATOR(pg_catalog.=) r.oid
    UNION
    SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid
    FROM relation AS r
    JOIN pg_catalog.pg_trigger AS t ON t.tgrelid OPERATOR(pg_catalog.=) r.oid
    UNION
    SELECT m.classid, m.objid FROM member AS m
) AS o
JOIN pg_catalog.pg_description AS d ON d.classoid OPERATOR(pg_catalog.=) o.classid AND d.objoid OPERATOR(pg_catalog.=) o.objid
UNION ALL
SELECT pg_catalog.pg_describe_object(m.classid, m.objid, 0)
FROM member AS m
UNION ALL
SELECT pg_catalog.concat('default privileges in schema todo_auth, ', d.defaclobjtype, ' ', d.defaclacl)
FROM pg_catalog.pg_default_acl AS d
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) d.defaclnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
UNION ALL
SELECT pg_catalog.concat(
    'right ', a.privilege_type, ' on ', g.what, ' of ',
    CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(a.grantee) END, ' ', a.is_grantable
)
FROM granted AS g
CROSS JOIN LATERAL pg_catalog.aclexplode(g.acl) AS a
WHERE a.grantee OPERATOR(pg_catalog.<>) g.owner AND pg_catalog.pg_get_userbyid(a.grantee) OPERATOR(pg_catalog.<>) 'todo_owner'
  AND pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text OPERATOR(pg_catalog.<>) COALESCE($1::pg_catalog.text, '')
  AND NOT (
      a.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['REFERENCES', 'TRIGGER'])
      AND g.relation OPERATOR(pg_catalog.=) ANY (ARRAY['@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass])
  )
