-- Time zones other than UTC that ALTER ROLE or ALTER DATABASE has set, and that apply in this database.
SELECT pg_catalog.concat(
    COALESCE('role ' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(r.rolname), 'all roles'),
    CASE WHEN s.setdatabase OPERATOR(pg_catalog.=) 0 THEN '' ELSE ' in this database' END,
    ': ', z.zone
) AS what
FROM pg_catalog.pg_db_role_setting AS s
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) s.setrole
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (setting)
CROSS JOIN LATERAL (SELECT pg_catalog.split_part(c.setting, '=', 2)) AS z (zone)
WHERE pg_catalog.lower(pg_catalog.split_part(c.setting, '=', 1)) OPERATOR(pg_catalog.=) 'timezone'
  AND pg_catalog.upper(z.zone) OPERATOR(pg_catalog.<>) ALL (ARRAY['UTC', 'ETC/UTC', 'GMT'])
  AND (
      s.setdatabase OPERATOR(pg_catalog.=) 0
      OR s.setdatabase OPERATOR(pg_catalog.=) (
          SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
      )
  )
ORDER BY 1
