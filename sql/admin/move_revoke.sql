-- Statements that take rights which only the extension can give without danger: with them, a role could run its code with the rights of
-- the owner of users and tasks.
SELECT pg_catalog.format(
    'REVOKE %s ON TABLE %s FROM %s CASCADE', g.rights, g.relation,
    CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) END
) AS statement
FROM (
    SELECT c.oid::pg_catalog.regclass AS relation, a.grantee, 'REFERENCES, TRIGGER' AS rights
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
    WHERE a.grantee OPERATOR(pg_catalog.<>) c.relowner AND a.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['REFERENCES', 'TRIGGER'])
    UNION
    SELECT c.oid::pg_catalog.regclass, a.grantee, pg_catalog.format('REFERENCES (%I)', t.attname)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_attribute AS t ON t.attrelid OPERATOR(pg_catalog.=) c.oid
    CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) AS a
    WHERE a.grantee OPERATOR(pg_catalog.<>) c.relowner AND a.privilege_type OPERATOR(pg_catalog.=) 'REFERENCES'
) AS g
WHERE g.relation OPERATOR(pg_catalog.=) ANY (ARRAY['@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass])
ORDER BY statement
