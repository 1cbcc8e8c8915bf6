-- Until the transaction ends, keeps parameters, such as a hash, and rows that violate a constraint out of the server's log. Only
-- a superuser may do that.
SELECT pg_catalog.set_config(s.name, CASE WHEN s.vartype OPERATOR(pg_catalog.=) 'integer' THEN '0' ELSE 'terse' END, true)
FROM pg_catalog.pg_settings AS s
WHERE s.name OPERATOR(pg_catalog.=) ANY (
    ARRAY['log_parameter_max_length', 'log_parameter_max_length_on_error', 'log_error_verbosity']
)
  AND (
      SELECT r.rolsuper
      FROM pg_catalog.pg_roles AS r
      WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER
  )
