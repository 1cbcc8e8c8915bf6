-- Brings tables that fit (see shape.sql) into the form of 0.2.0. Every row stays as it is; an instant becomes its time in UTC.

-- What no statement can mend: ids that are too long, which a column of unlimited length may hold, and addresses that two
-- users have.
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
    part record;
BEGIN
    -- An index that is about to go must not be what a publication knows rows by.
    FOR part IN
        SELECT i.indrelid::regclass AS tab
        FROM pg_index AS i
        WHERE i.indrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
          AND i.indisreplident
          AND pg_get_indexdef(i.indexrelid) ~ ' USING btree [(](id|email)[)]$'
    LOOP
        EXECUTE format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', part.tab);
    END LOOP;

    -- Constraints in the way: those of later versions, other unique keys of addresses, other references to users.
    FOR part IN
        SELECT k.conrelid::regclass AS tab, k.conname
        FROM pg_constraint AS k
        LEFT JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]
        WHERE k.conrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
          AND (
              k.conname IN (
                  'users_id_check', 'users_email_check', 'users_name_check', 'users_hashed_password_check',
                  'tasks_title_check', 'tasks_description_check'
              )
              OR k.contype = 'u' AND a.attname = 'email'
                  AND (k.conname, pg_get_constraintdef(k.oid)) <> ('users_email_key', 'UNIQUE (email)')
              OR k.contype = 'f' AND k.confrelid = '@extschema@.users'::regclass
                  AND (k.conname, pg_get_constraintdef(k.oid), k.convalidated) <> (
                      'tasks_user_id_fkey', format('FOREIGN KEY (user_id) REFERENCES %s(id) ON DELETE CASCADE', '@extschema@.users'::regclass), true
                  )
          )
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', part.tab, part.conname);
    END LOOP;

    -- Indexes in the way: those of later versions, other ones of ids and addresses, and other ones of our names.
    FOR part IN
        SELECT i.indexrelid::regclass AS index
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
          AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
          AND (
              pg_get_indexdef(i.indexrelid) ~ ' USING btree [(](id|email)[)]$'
              OR c.relname IN (
                  'ix_users_email', 'ix_users_email_folded', 'ix_tasks_user_id', 'ix_tasks_user_completed', 'ix_tasks_created_at'
              )
          )
          AND NOT (
              i.indisvalid
              AND pg_get_indexdef(i.indexrelid) IN (
                  format('CREATE UNIQUE INDEX ix_users_email ON %s USING btree (email)', i.indrelid::regclass),
                  format('CREATE INDEX ix_tasks_user_id ON %s USING btree (user_id)', i.indrelid::regclass),
                  format('CREATE INDEX ix_tasks_user_completed ON %s USING btree (user_id, completed)', i.indrelid::regclass),
                  format('CREATE INDEX ix_tasks_created_at ON %s USING btree (created_at)', i.indrelid::regclass)
              )
          )
    LOOP
        EXECUTE format('DROP INDEX %s', part.index);
    END LOOP;

    FOR part IN
        SELECT k.conrelid::regclass AS tab, k.conname, c.relname || '_pkey' AS wanted
        FROM pg_constraint AS k
        JOIN pg_class AS c ON c.oid = k.conrelid
        WHERE k.conrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass)
          AND k.contype = 'p'
          AND k.conname <> c.relname || '_pkey'
    LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', part.tab, part.conname, part.wanted);
    END LOOP;
END
$$;

-- Only where there is something to do: not even to the same type can PostgreSQL change a column that a view, a policy or a
-- trigger names.
DO $$
DECLARE
    col record;
BEGIN
    FOR col IN
        SELECT a.attrelid::regclass AS tab, a.attname, w.type, a.atttypid = 'timestamptz'::regtype AS has_zone
        FROM (
            VALUES
                ('@extschema@.users'::regclass, 'id', 'character varying(36)'),
                ('@extschema@.tasks'::regclass, 'user_id', 'character varying(36)'),
                ('@extschema@.tasks'::regclass, 'description', 'text'),
                ('@extschema@.users'::regclass, 'created_at', 'timestamp without time zone'),
                ('@extschema@.users'::regclass, 'updated_at', 'timestamp without time zone'),
                ('@extschema@.tasks'::regclass, 'created_at', 'timestamp without time zone'),
                ('@extschema@.tasks'::regclass, 'updated_at', 'timestamp without time zone'),
                ('@extschema@.tasks'::regclass, 'completed_at', 'timestamp without time zone')
        ) AS w (tab, attname, type)
        JOIN pg_attribute AS a ON a.attrelid = w.tab AND a.attname = w.attname
        WHERE format_type(a.atttypid, a.atttypmod) <> w.type
    LOOP
        -- PostgreSQL makes other tables' references to the column anew, and reads these tables as a superuser.
        IF col.attname = 'id' AND EXISTS (
            SELECT
            FROM pg_constraint AS k
            WHERE k.contype = 'f'
              AND k.confrelid = '@extschema@.users'::regclass
              AND k.conrelid <> '@extschema@.tasks'::regclass
        ) THEN
            RAISE EXCEPTION 'other tables refer to users.id, whose type has to change'
                USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = 'users', COLUMN = 'id',
                    HINT = 'Nothing has been changed. Drop their foreign keys, update, and make them again.';
        END IF;
        -- Defaults are set below; one of the old type may not fit the new one.
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', col.tab, col.attname);
        EXECUTE format(
            'ALTER TABLE %1$s ALTER COLUMN %2$I TYPE %3$s USING %2$I%4$s', col.tab, col.attname, col.type,
            CASE WHEN col.has_zone THEN ' AT TIME ZONE ''UTC''' ELSE '::' || col.type END
        );
    END LOOP;
END
$$;

ALTER TABLE @extschema@.users
    ALTER COLUMN id DROP DEFAULT,
    ALTER COLUMN email DROP DEFAULT,
    ALTER COLUMN name DROP DEFAULT,
    ALTER COLUMN hashed_password DROP DEFAULT,
    ALTER COLUMN created_at SET DEFAULT now(),
    ALTER COLUMN updated_at SET DEFAULT now(),
    ALTER COLUMN is_active SET DEFAULT true,
    ALTER COLUMN is_active DROP NOT NULL,
    ALTER COLUMN email_verified SET DEFAULT false,
    ALTER COLUMN email_verified DROP NOT NULL;

ALTER TABLE @extschema@.tasks
    ALTER COLUMN user_id DROP DEFAULT,
    ALTER COLUMN title DROP DEFAULT,
    ALTER COLUMN description DROP DEFAULT,
    ALTER COLUMN completed SET DEFAULT false,
    ALTER COLUMN completed DROP NOT NULL,
    ALTER COLUMN created_at SET DEFAULT now(),
    ALTER COLUMN updated_at SET DEFAULT now(),
    ALTER COLUMN completed_at DROP DEFAULT;

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = '@extschema@.users'::regclass AND conname = 'users_email_key'
    ) THEN
        ALTER TABLE @extschema@.users ADD CONSTRAINT users_email_key UNIQUE (email);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_constraint WHERE conrelid = '@extschema@.tasks'::regclass AND conname = 'tasks_user_id_fkey'
    ) THEN
        ALTER TABLE @extschema@.tasks
            ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES @extschema@.users (id) ON DELETE CASCADE;
    END IF;
    IF NOT EXISTS (
        SELECT
        FROM pg_index AS i
        WHERE i.indrelid = '@extschema@.users'::regclass AND i.indexrelid = to_regclass('@extschema@.ix_users_email')
    ) THEN
        CREATE UNIQUE INDEX ix_users_email ON @extschema@.users (email);
    END IF;
    IF NOT EXISTS (
        SELECT
        FROM pg_index AS i
        WHERE i.indrelid = '@extschema@.tasks'::regclass AND i.indexrelid = to_regclass('@extschema@.ix_tasks_user_id')
    ) THEN
        CREATE INDEX ix_tasks_user_id ON @extschema@.tasks (user_id);
    END IF;
    IF NOT EXISTS (
        SELECT
        FROM pg_index AS i
        WHERE i.indrelid = '@extschema@.tasks'::regclass AND i.indexrelid = to_regclass('@extschema@.ix_tasks_user_completed')
    ) THEN
        CREATE INDEX ix_tasks_user_completed ON @extschema@.tasks (user_id, completed);
    END IF;
    IF NOT EXISTS (
        SELECT
        FROM pg_index AS i
        WHERE i.indrelid = '@extschema@.tasks'::regclass AND i.indexrelid = to_regclass('@extschema@.ix_tasks_created_at')
    ) THEN
        CREATE INDEX ix_tasks_created_at ON @extschema@.tasks (created_at);
    END IF;
END
$$;
