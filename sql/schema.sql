-- A schema for helper objects that are not part of the API. In the application's schema, tools would report these as changes.
CREATE SCHEMA todo_internal;

-- Scripts trust what they find in this schema, so nobody else may have rights on it. ALTER DEFAULT PRIVILEGES may have given some.
DO $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT CASE
            WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'
            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee))
        END
        FROM pg_catalog.pg_namespace AS n
        CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_internal' AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA todo_internal FROM %s', grantee);
    END LOOP;
END
$$;
