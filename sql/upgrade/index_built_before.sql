-- An operator may have built a new index beforehand. Then it must be like the one of this version.
DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    built record;
BEGIN
    SELECT n.nspname, d.relation, d.name, d.weakness, todo_internal.located(t.definition, home) AS definition INTO built
    FROM todo_internal.target() AS t
    JOIN pg_class AS c ON c.relnamespace = home AND c.relname = t.relation
    JOIN pg_namespace AS n ON n.oid = home
    JOIN todo_internal.described(home, ARRAY[c.oid]) AS d USING (schema, relation, kind, name)
    WHERE t.kind = 'index' AND (d.definition <> t.definition OR d.weakness IS NOT NULL)
      AND NOT EXISTS (SELECT FROM todo_internal.expected_todo() AS e WHERE e.kind = t.kind AND e.name = t.name)
    ORDER BY d.name
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'index % of % is %', built.name, built.relation, coalesce(built.weakness, 'not the one of this version')
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = built.nspname, TABLE = built.relation,
                DETAIL = 'expected ' || built.definition,
                HINT = format('Nothing has been changed. DROP INDEX %s.%I and update again, which creates the index.', home, built.name);
    END IF;
END
$$;
