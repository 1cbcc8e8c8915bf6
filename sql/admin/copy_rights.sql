-- The statements that give a database $1 the owner, the connection limit and the rights of this one.
SELECT s.statement
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL (
    SELECT 0 AS place, pg_catalog.format('ALTER DATABASE %I OWNER TO %I', $1::pg_catalog.text, pg_catalog.pg_get_userbyid(d.datdba)) AS statement
    UNION ALL
    SELECT 1, pg_catalog.format('ALTER DATABASE %I CONNECTION LIMIT %s', $1, d.datconnlimit)
    UNION ALL
    SELECT 2, pg_catalog.format(
        'GRANT %s ON DATABASE %I TO %s%s', a.privilege_type, $1,
        CASE
            WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text)
        END,
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END
    )
    FROM pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) AS a
    WHERE a.grantee OPERATOR(pg_catalog.<>) d.datdba
) AS s
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
ORDER BY s.place
