-- Until the transaction ends, keeps parameters, such as a hash, and rows that violate a constraint out of the server's log. Only
-- a superuser may do that.
SELECT pg_catalog.set_config(s.name, v.value, true)
FROM (
    VALUES
    ('log_parameter_max_length', '0'), ('log_parameter_max_length_on_error', '0'), ('log_error_verbosity', 'terse'),
    ('auto_explain.log_min_duration', '-1'), ('debug_print_parse', 'off'), ('debug_print_rewritten', 'off'), ('debug_print_plan', 'off')
) AS v (name, value)
JOIN pg_catalog.pg_settings AS s ON s.name OPERATOR(pg_catalog.=) v.name
WHERE (
    SELECT r.rolsuper
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER
)
