-- ALTER DEFAULT PRIVILEGES may have given rights on the new tables. Only the owner keeps any.
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT
            c.oid::pg_catalog.regclass AS relation,
            CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
            CASE
                WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee))
            END AS grantee
        FROM pg_catalog.pg_class AS c
        CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
        WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[
                '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
                '@extschema@.tasks_id_seq'::pg_catalog.regclass
            ])
          AND a.grantee OPERATOR(pg_catalog.<>) c.relowner
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON %s %s FROM %s', granted.kind, granted.relation, granted.grantee);
    END LOOP;
END
$$;
