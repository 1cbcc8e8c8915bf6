-- The roles that have a cost of new hashes of their own, which the SQL edition does not know.
SELECT r.rolname::pg_catalog.text AS role, c.setting
FROM pg_catalog.pg_db_role_setting AS s
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) s.setrole
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (setting)
WHERE COALESCE(d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database(), s.setdatabase OPERATOR(pg_catalog.=) 0)
  AND pg_catalog.starts_with(pg_catalog.lower(c.setting), 'todo.bcrypt_cost=')
ORDER BY r.rolname
