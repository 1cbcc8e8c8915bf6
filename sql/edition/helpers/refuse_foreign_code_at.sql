-- Fails if code of another role could run with the rights of the owner of a table when a statement of this kind writes it. kind is
-- INSERT, UPDATE or DELETE, or NULL for any; columns are those that an UPDATE sets, or NULL for any. Locks the table for writing. Looks
-- at the table's triggers, and at the tables that a foreign key changes then: they must belong to the same owner or to a superuser, and
-- their triggers call functions of these roles, without arguments.
-- Errors: 55000; 25001 the transaction is not READ COMMITTED, and another role could have added code that its snapshot does not show.
CREATE FUNCTION todo_internal.refuse_foreign_code_at(
    written regclass,
    kind text,
    columns name[]
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- Planned once in a session, and never compiled: the planner expects many more rows than there are.
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    named CONSTANT text := written::text;
    writer CONSTANT oid := (SELECT c.relowner FROM pg_class AS c WHERE c.oid = written);
    -- As in pg_trigger.tgtype.
    events CONSTANT integer := CASE kind WHEN 'INSERT' THEN 4 WHEN 'DELETE' THEN 8 WHEN 'UPDATE' THEN 16 ELSE 28 END;
    locked oid[];
    waiting oid[];
    reached regclass;
    problem text;
BEGIN
    PERFORM todo_internal.must_own(written::text);
    -- Nobody makes a trigger or a foreign key on a table that is locked in this mode. Each table that is reached is locked, and then the
    -- search begins again, until it finds no other.
    EXECUTE format('LOCK TABLE ONLY %s IN ROW EXCLUSIVE MODE', written);
    locked := ARRAY[written::oid];
    LOOP
        WITH RECURSIVE reached (oid, events) AS (
            SELECT written::oid, events
            UNION
            SELECT n.oid, CASE WHEN n.has_parts AND n.events & 16 <> 0 THEN 28 ELSE n.events END
            FROM reached AS r
            CROSS JOIN LATERAL (
                SELECT k.conrelid, c.relkind = 'p',
                    CASE WHEN r.events & 8 = 0 THEN 0 WHEN k.confdeltype = 'c' THEN 8 WHEN k.confdeltype IN ('n', 'd') THEN 16 ELSE 0 END
                        | CASE
                            WHEN r.events & 16 <> 0 AND k.confupdtype IN ('c', 'n', 'd') AND (
                                r.oid <> written OR columns IS NULL OR EXISTS (
                                    SELECT
                                    FROM pg_attribute AS a
                                    WHERE a.attrelid = r.oid AND a.attnum = ANY (k.confkey) AND a.attname = ANY (columns)
                                )
                            ) THEN 16
                            ELSE 0
                        END
                FROM pg_constraint AS k
                JOIN pg_class AS c ON c.oid = k.conrelid
                WHERE k.confrelid = r.oid AND k.contype = 'f'
                UNION ALL
                SELECT i.inhrelid, false, r.events
                FROM pg_inherits AS i
                JOIN pg_class AS c ON c.oid = i.inhparent AND c.relkind = 'p'
                WHERE i.inhparent = r.oid
            ) AS n (oid, has_parts, events)
            WHERE n.events <> 0
        )
        SELECT
            (SELECT array_agg(r.oid) FROM reached AS r WHERE r.oid <> ALL (locked)),
            (
                SELECT min(found.what)
                FROM (
                    SELECT format('table %s', c.oid::regclass) AS what
                    FROM reached AS r
                    JOIN pg_class AS c ON c.oid = r.oid
                    JOIN pg_roles AS o ON o.oid = c.relowner
                    WHERE c.relowner <> writer AND NOT o.rolsuper
                       -- What cannot be locked must not change.
                       OR NOT (has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')) AND EXISTS (
                           SELECT
                           FROM pg_roles AS x
                           WHERE NOT pg_has_role(x.oid, writer, 'MEMBER')
                             AND NOT EXISTS (SELECT FROM pg_roles AS s WHERE s.rolsuper AND pg_has_role(x.oid, s.oid, 'MEMBER'))
                             AND (has_table_privilege(x.oid, c.oid, 'TRIGGER') OR has_any_column_privilege(x.oid, c.oid, 'REFERENCES'))
                       )
                    UNION ALL
                    SELECT format('trigger %I of table %s', t.tgname, t.tgrelid::regclass)
                    FROM reached AS r
                    JOIN pg_trigger AS t ON t.tgrelid = r.oid AND t.tgtype & r.events <> 0 AND NOT t.tgisinternal
                    JOIN pg_proc AS f ON f.oid = t.tgfoid
                    JOIN pg_roles AS p ON p.oid = f.proowner
                    WHERE NOT (p.oid = writer OR p.rolsuper)
                       -- Arguments may be names or SQL that the function uses, and whoever made the trigger chose them.
                       OR t.tgnargs > 0 AND f.oid >= 16384 AND f.pronamespace::regnamespace::text NOT IN ('todo_internal', 'todo_auth')
                       -- A condition may call immutable functions of PostgreSQL only, which are no dependencies.
                       OR t.tgqual IS NOT NULL AND (
                           t.tgqual::text ~ 'COERCEVIAIO'
                           OR EXISTS (
                               SELECT
                               FROM regexp_matches(t.tgqual::text, 'funcid ([0-9]+)', 'g') AS m (number)
                               JOIN pg_proc AS i ON i.oid = m.number[1]::oid AND i.provolatile <> 'i'
                           )
                           OR EXISTS (
                               SELECT
                               FROM pg_depend d
                               WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
                                 AND CASE d.refclassid
                                     WHEN 'pg_proc'::regclass THEN d.refobjid <> t.tgfoid
                                     ELSE d.refclassid NOT IN ('pg_class'::regclass, 'pg_trigger'::regclass)
                                 END
                           )
                       )
                ) AS found
            )
        INTO waiting, problem;
        EXIT WHEN problem IS NOT NULL OR waiting IS NULL;
        -- Of a superuser's table, the writer may have no right to lock it.
        FOREACH reached IN ARRAY waiting::regclass[] LOOP
            IF has_schema_privilege((SELECT c.relnamespace FROM pg_class AS c WHERE c.oid = reached), 'USAGE')
                AND has_table_privilege(reached, 'UPDATE, DELETE, TRUNCATE')
            THEN
                EXECUTE format('LOCK TABLE ONLY %s IN ROW EXCLUSIVE MODE', reached);
            END IF;
        END LOOP;
        locked := locked || waiting;
    END LOOP;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '% could run code of another role', problem
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Tables that refer to those of todo, and are changed with them, must belong to the same role or to a superuser, and so '
                    'must the functions of triggers. No other role may have TRIGGER or REFERENCES on a superuser''s table.';
    END IF;
    -- While the lock was waited for, the owner of the schema could have put another table in its place.
    IF to_regclass(named) IS DISTINCT FROM written THEN
        RAISE EXCEPTION 'table % was renamed while this waited for it', named
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Try again.';
    END IF;
    -- The catalogs were read as the snapshot shows them. So nobody else may have a right now, nor may have had one then.
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') AND (
        EXISTS (
            SELECT
            FROM pg_roles AS r
            CROSS JOIN unnest(locked) AS l (oid)
            WHERE NOT r.rolsuper AND NOT pg_has_role(r.oid, writer, 'MEMBER')
              AND (has_table_privilege(r.oid, l.oid, 'TRIGGER') OR has_any_column_privilege(r.oid, l.oid, 'REFERENCES'))
        )
        OR EXISTS (
            SELECT
            FROM pg_class AS c
            CROSS JOIN LATERAL (
                SELECT a.grantee, a.privilege_type FROM aclexplode(c.relacl) AS a
                UNION ALL
                SELECT a.grantee, a.privilege_type FROM pg_attribute AS t CROSS JOIN LATERAL aclexplode(t.attacl) AS a WHERE t.attrelid = c.oid
            ) AS a
            WHERE c.oid = ANY (locked) AND a.privilege_type IN ('TRIGGER', 'REFERENCES') AND a.grantee <> c.relowner
        )
    ) THEN
        RAISE EXCEPTION 'users cannot be written at isolation level %', current_setting('transaction_isolation')
            USING ERRCODE = 'active_sql_transaction',
                DETAIL = 'Another role may add triggers or foreign keys, and the snapshot would not show them.',
                HINT = 'Use READ COMMITTED, or revoke TRIGGER and REFERENCES on these tables from everyone but the owner.';
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.refuse_foreign_code_at(regclass, text, name[]) IS
    'Fails if code of another role could run with the rights of a table''s owner';

REVOKE ALL ON FUNCTION todo_internal.refuse_foreign_code_at(regclass, text, name[]) FROM PUBLIC;
