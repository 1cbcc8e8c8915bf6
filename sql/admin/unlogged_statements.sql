-- Keeps statements, such as one with a password, out of the server's log and statistics until the transaction ends. Only a superuser may do
-- that.
SET LOCAL log_statement = 'none';
SET LOCAL log_min_error_statement = 'panic';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_duration_sample = -1;
SET LOCAL log_transaction_sample_rate = 0;
SELECT pg_catalog.set_config(s.name, 'none', true)
FROM pg_catalog.pg_settings AS s
WHERE s.name OPERATOR(pg_catalog.=) 'pg_stat_statements.track'
