-- Keeps bound values, such as a hash, out of the server's log until the transaction ends, where the role may.
SELECT pg_catalog.set_config(s.name, '0', true)
FROM pg_catalog.pg_settings AS s
WHERE s.name OPERATOR(pg_catalog.=) ANY (ARRAY['log_parameter_max_length', 'log_parameter_max_length_on_error'])
  AND (
      SELECT r.rolsuper
      FROM pg_catalog.pg_roles AS r
      WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER
  )
