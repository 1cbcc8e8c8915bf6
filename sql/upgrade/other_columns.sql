    -- They must have no other columns, except those of later versions.
    SELECT d.relation, min(d.name) AS name, string_agg(quote_ident(d.name), ', ' ORDER BY d.place) AS columns INTO problem
    FROM todo_internal.described(home, relations) AS d
    WHERE d.kind = 'column'
      AND NOT EXISTS (
          SELECT FROM todo_internal.specified() AS s WHERE s.relation = d.relation AND s.kind = d.kind AND s.name = d.name
      )
      AND NOT EXISTS (
          SELECT FROM todo_internal.expected_todo() AS e WHERE e.relation = d.relation AND e.kind = d.kind AND e.name = d.name
      )
    GROUP BY d.relation
    ORDER BY d.relation DESC
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not fit todo: it has columns of the application: %', problem.relation, problem.columns
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = app, TABLE = problem.relation, COLUMN = problem.name,
                DETAIL = 'A dump of the extension''s tables with other columns could not be restored.',
                HINT = format(
                    'Nothing has been changed. Move them to a table of your own: CREATE TABLE %1$s_more AS SELECT id, '
                    '%2$s FROM %1$s; then ALTER TABLE %1$s DROP COLUMN each.',
                    problem.relation, problem.columns
                );
    END IF;
