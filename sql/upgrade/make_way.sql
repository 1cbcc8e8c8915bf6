-- Prepares tables that shape.sql has accepted for what target() has. It drops what is in the way, and changes types. complete.sql then
-- adds what is missing. No row is lost; a time with a zone becomes its time in UTC.

-- Some rows must be fixed by their owner: users whose ids are too long, and users who share an address.
DO $$
DECLARE
    spoilt record;
BEGIN
    SELECT count(*) AS total, string_agg(quote_literal(u.id), ', ' ORDER BY u.id) FILTER (WHERE u.place <= 5) AS ids INTO spoilt
    FROM (
        SELECT u.id, row_number() OVER (ORDER BY u.id) AS place
        FROM @extschema@.users AS u
        WHERE char_length(u.id) > 36
    ) AS u;
    IF spoilt.total > 0 THEN
        RAISE EXCEPTION 'ids of users are longer than 36 characters: % rows, id %', spoilt.total, spoilt.ids
            USING ERRCODE = 'string_data_right_truncation', TABLE = 'users', COLUMN = 'id',
                HINT = 'Nothing has been changed. Give these users other ids and try again.';
    END IF;

    SELECT count(*) AS total, string_agg(quote_literal(u.id), ', ' ORDER BY u.id) FILTER (WHERE u.place <= 5) AS ids INTO spoilt
    FROM (
        SELECT u.id, row_number() OVER (ORDER BY u.id) AS place
        FROM (SELECT id, count(*) OVER (PARTITION BY email) AS namesakes FROM @extschema@.users) AS u
        WHERE u.namesakes > 1
    ) AS u;
    IF spoilt.total > 0 THEN
        RAISE EXCEPTION 'addresses of users are not unique: % rows, id %', spoilt.total, spoilt.ids
            USING ERRCODE = 'unique_violation', TABLE = 'users', COLUMN = 'email', CONSTRAINT = 'users_email_key',
                HINT = 'Nothing has been changed. Give these users addresses of their own and try again.';
    END IF;
END
$$;

DO $$
DECLARE
    home CONSTANT regnamespace := '@extschema@';
    relations CONSTANT oid[] := ARRAY(
        SELECT c.oid
        FROM todo_internal.target() AS t
        JOIN pg_class AS c ON c.relnamespace = home AND c.relname = t.relation AND c.relkind = 'r'
        WHERE t.kind = 'storage'
    );
    part record;
    referring text;
BEGIN
    -- In the way are constraints and indexes that differ from the extension's and have one of their names, are on the same key, or refer
    -- to the same table.
    FOR part IN
        WITH known AS (
            SELECT s.* FROM todo_internal.specified() AS s
            UNION
            SELECT e.* FROM todo_internal.expected_todo() AS e
        ), key AS (
            SELECT k.relation, substring(k.definition FROM '^(PRIMARY KEY|UNIQUE) ') AS kind,
                substring(k.definition FROM ' [(]([^,]*)[)]$') AS attribute
            FROM known AS k
            WHERE k.kind = 'constraint' AND k.definition ~ '^(PRIMARY KEY|UNIQUE) [(][^,]*[)]$'
        )
        SELECT d.relid::regclass AS tab, d.relation, d.kind, d.name, coalesce(k.conindid, to_regclass(format('%s.%I', home, d.name))) AS index,
            coalesce(substring(d.definition FROM '[(]([^,()]*)[)]$'), '') AS attribute
        FROM todo_internal.described(home, relations) AS d
        LEFT JOIN pg_constraint AS k ON d.kind = 'constraint' AND k.conrelid = d.relid AND k.conname = d.name AND k.contype = 'u'
        WHERE NOT EXISTS (
            SELECT
            FROM todo_internal.target() AS t
            WHERE (t.relation, t.kind, t.name, t.definition) = (d.relation, d.kind, d.name, d.definition) AND d.weakness IS NULL
        )
          AND CASE d.kind
              WHEN 'constraint' THEN
                  EXISTS (
                      SELECT
                      FROM known AS o
                      WHERE o.relation = d.relation AND o.kind = d.kind AND o.name = d.name AND o.definition LIKE 'CHECK %'
                  )
                  OR EXISTS (
                      SELECT
                      FROM key AS u
                      WHERE u.relation = d.relation AND u.kind = 'UNIQUE' AND d.definition ~ ('^UNIQUE [^(]*[(]' || u.attribute || '[)]')
                  )
                  OR EXISTS (
                      SELECT
                      FROM known AS o
                      WHERE o.kind = 'storage' AND d.definition ~ (' REFERENCES @[.]' || o.relation || '[(]')
                  )
              WHEN 'index' THEN
                  EXISTS (SELECT FROM known AS o WHERE o.kind = d.kind AND o.name = d.name)
                  OR EXISTS (
                      SELECT FROM key AS u WHERE u.relation = d.relation AND d.definition ~ (' USING btree [(]' || u.attribute || '[)]$')
                  )
          END
        ORDER BY d.kind, d.definition LIKE 'FOREIGN KEY %' DESC, d.name
    LOOP
        SELECT string_agg(format('%I of %s', k.conname, k.conrelid::regclass), ', ') INTO referring
        FROM pg_constraint AS k
        WHERE k.contype = 'f' AND k.conindid = part.index AND k.conname <> part.name;
        IF referring IS NOT NULL THEN
            RAISE EXCEPTION 'other tables refer to % by % %, which has to be dropped: %', part.relation, part.kind, part.name, referring
                USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = part.relation, COLUMN = part.attribute,
                    HINT = 'Nothing has been changed. Drop these foreign keys, update, and create them again.';
        END IF;
        -- It must not be the replica identity.
        IF EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = part.index AND i.indisreplident) THEN
            EXECUTE format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', part.tab);
        END IF;
        EXECUTE CASE part.kind
            WHEN 'constraint' THEN format('ALTER TABLE %s DROP CONSTRAINT %I', part.tab, part.name)
            ELSE format('DROP INDEX %s.%I', home, part.name)
        END;
    END LOOP;

    FOR part IN
        SELECT d.relid::regclass AS tab, d.name, t.name AS wanted
        FROM todo_internal.described(home, relations) AS d
        JOIN todo_internal.target() AS t USING (relation, kind)
        WHERE d.kind = 'constraint' AND d.definition LIKE 'PRIMARY KEY %' AND t.definition LIKE 'PRIMARY KEY %' AND d.name <> t.name
    LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', part.tab, part.name, part.wanted);
    END LOOP;

    -- Only columns whose type differs: PostgreSQL cannot change a column that a view, a policy or a trigger uses, not even to the same
    -- type.
    FOR part IN
        SELECT d.relid::regclass AS tab, d.relation, d.name, w.type, a.type LIKE 'timestamp%with time zone' AS has_zone
        FROM todo_internal.described(home, relations) AS d
        JOIN todo_internal.target() AS t USING (schema, relation, kind, name)
        CROSS JOIN LATERAL (SELECT regexp_replace(d.definition, ' NOT NULL$', '')) AS a (type)
        CROSS JOIN LATERAL (SELECT regexp_replace(t.definition, ' NOT NULL$', '')) AS w (type)
        WHERE d.kind = 'column' AND a.type <> w.type
    LOOP
        -- PostgreSQL would validate other tables' references to the column again, and read those tables as a superuser.
        IF EXISTS (
            SELECT
            FROM pg_constraint AS k
            JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
            WHERE k.contype = 'f' AND k.confrelid = part.tab AND a.attname = part.name AND k.conrelid <> ALL (relations)
        ) THEN
            RAISE EXCEPTION 'other tables refer to %.%, whose type has to change', part.relation, part.name
                USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = part.relation, COLUMN = part.name,
                    HINT = 'Nothing has been changed. Drop their foreign keys, update, and create them again.';
        END IF;
        -- A default of the old type may not fit the new one; complete.sql sets it.
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', part.tab, part.name);
        EXECUTE format(
            'ALTER TABLE %1$s ALTER COLUMN %2$I TYPE %3$s USING %2$I%4$s', part.tab, part.name, part.type,
            CASE WHEN part.has_zone THEN ' AT TIME ZONE ''UTC''' ELSE '::' || part.type END
        );
    END LOOP;
END
$$;
