
-- Creates a table like those of the databases, and replaces its partitions. These are foreign tables, so nothing is lost.
CREATE OR REPLACE FUNCTION todo_router.set_table(relation name, key name, databases integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent text := format('%I.%I', '@schema_name@', relation);
    item record;
BEGIN
    IF to_regclass(parent) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %s (%s) PARTITION BY HASH (%I)',
            parent,
            (SELECT string_agg(format('%I %s', c.name, c.type), ', ' ORDER BY c.place) FROM pg_temp.todo_columns AS c WHERE c.relation = $1),
            key
        );
        EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC', parent);
    END IF;
    FOR item IN
        SELECT i.inhrelid::regclass AS partition
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid AND c.relkind = 'f' AND c.relnamespace = 'todo_router'::regnamespace
        WHERE i.inhparent = parent::regclass
    LOOP
        EXECUTE format('DROP FOREIGN TABLE %s', item.partition);
    END LOOP;
    FOR item IN
        SELECT
            coalesce(c.name, a.attname) AS name,
            c.type, c.value, c.not_null,
            format_type(a.atttypid, a.atttypmod) AS present
        FROM (SELECT * FROM pg_temp.todo_columns AS c WHERE c.relation = $1) AS c
        FULL JOIN (
            SELECT * FROM pg_attribute AS a WHERE a.attrelid = parent::regclass AND a.attnum > 0 AND NOT a.attisdropped
        ) AS a ON a.attname = c.name
        ORDER BY c.place
    LOOP
        IF item.type IS NULL THEN
            EXECUTE format('ALTER TABLE %s DROP COLUMN %I', parent, item.name);
            CONTINUE;
        ELSIF item.present IS NULL THEN
            EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', parent, item.name, item.type);
        ELSIF item.present <> item.type THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', parent, item.name, item.type);
        END IF;
        -- The router computes defaults: a foreign table has none that its server would use.
        EXECUTE format(
            'ALTER TABLE %1$s ALTER COLUMN %2$I %3$s, ALTER COLUMN %2$I %4$s NOT NULL',
            parent, item.name, coalesce('SET DEFAULT ' || item.value, 'DROP DEFAULT'), CASE WHEN item.not_null THEN 'SET' ELSE 'DROP' END
        );
    END LOOP;
    FOR number IN 0..databases - 1 LOOP
        EXECUTE format(
            'CREATE FOREIGN TABLE todo_router.%I PARTITION OF %s FOR VALUES WITH (MODULUS %s, REMAINDER %s) '
            'SERVER %I OPTIONS (schema_name %L, table_name %L, updatable %L)',
            relation || '_' || number, parent, databases, number, 'todo_' || number, '@schema_name@', relation, (relation <> 'todo_users')::text
        );
    END LOOP;
END
$$;

