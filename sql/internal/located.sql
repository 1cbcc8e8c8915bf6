-- A definition as described() prints it, with the name of a schema in place of the @: SQL that can run. A CHECK names no relation.
CREATE FUNCTION todo_internal.located(
    definition text,
    home regnamespace
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN CASE
    WHEN definition LIKE 'CHECK %' THEN definition
    ELSE replace(replace(definition, ' @.', ' ' || home::text || '.'), '(''@.', '(''' || home::text || '.')
END;

COMMENT ON FUNCTION todo_internal.located(text, regnamespace) IS
    'A definition that described() prints, with the name of a schema';

REVOKE ALL ON FUNCTION todo_internal.located(text, regnamespace) FROM PUBLIC;
