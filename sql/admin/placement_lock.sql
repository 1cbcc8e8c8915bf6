-- Keeps others, until the transaction ends, from adding constraints and triggers to users and to the tables whose rows go with them.
DO $$
DECLARE
    tables pg_catalog.text;
BEGIN
    SELECT pg_catalog.string_agg(DISTINCT c.conrelid::pg_catalog.regclass::pg_catalog.text, ', ')
    INTO tables
    FROM pg_catalog.pg_constraint AS c
    WHERE c.contype OPERATOR(pg_catalog.=) 'f'
      AND c.confrelid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid;
    LOCK TABLE @extschema@.users IN ROW EXCLUSIVE MODE;
    EXECUTE pg_catalog.concat('LOCK TABLE ', tables, ' IN ROW EXCLUSIVE MODE');
END
$$
