-- From adopt to 0.2.0: adopted tables become as that version makes them. Every row stays as it is.
SET LOCAL search_path = pg_catalog, pg_temp;

-- Rather fail than make everybody wait behind a lock; a caller's own setting counts.
SELECT set_config('lock_timeout', '10s', true)
WHERE current_setting('lock_timeout') = '0';

LOCK TABLE @extschema@.tasks, @extschema@.users IN ACCESS EXCLUSIVE MODE;

-- Ids of unlimited length must fit.
DO $$
DECLARE
    long record;
BEGIN
    SELECT count(*) AS total, string_agg(quote_literal(u.id), ', ' ORDER BY u.id) FILTER (WHERE u.place <= 5) AS ids INTO long
    FROM (
        SELECT u.id, row_number() OVER (ORDER BY u.id) AS place
        FROM @extschema@.users AS u
        WHERE char_length(u.id) > 36
    ) AS u;
    IF long.total > 0 THEN
        RAISE EXCEPTION 'ids of users are longer than 36 characters: % rows, id %', long.total, long.ids
            USING ERRCODE = 'string_data_right_truncation', TABLE = 'users', COLUMN = 'id',
                HINT = 'Nothing has been changed. Give these users other ids and try again.';
    END IF;
END
$$;

DO $$
DECLARE
    part record;
BEGIN
    -- Constraints in the way: those of later versions, other unique keys of addresses, and other references to users.
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
                  AND (k.conname, pg_get_constraintdef(k.oid)) <> (
                      'tasks_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES @extschema@.users(id) ON DELETE CASCADE'
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
                  'CREATE UNIQUE INDEX ix_users_email ON @extschema@.users USING btree (email)',
                  'CREATE INDEX ix_tasks_user_id ON @extschema@.tasks USING btree (user_id)',
                  'CREATE INDEX ix_tasks_user_completed ON @extschema@.tasks USING btree (user_id, completed)',
                  'CREATE INDEX ix_tasks_created_at ON @extschema@.tasks USING btree (created_at)'
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

ALTER TABLE @extschema@.users
    ALTER COLUMN id TYPE varchar(36),
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
    ALTER COLUMN user_id TYPE varchar(36),
    ALTER COLUMN user_id DROP DEFAULT,
    ALTER COLUMN title DROP DEFAULT,
    ALTER COLUMN description TYPE text,
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
    IF to_regclass('@extschema@.ix_users_email') IS NULL THEN
        CREATE UNIQUE INDEX ix_users_email ON @extschema@.users (email);
    END IF;
    IF to_regclass('@extschema@.ix_tasks_user_id') IS NULL THEN
        CREATE INDEX ix_tasks_user_id ON @extschema@.tasks (user_id);
    END IF;
    IF to_regclass('@extschema@.ix_tasks_user_completed') IS NULL THEN
        CREATE INDEX ix_tasks_user_completed ON @extschema@.tasks (user_id, completed);
    END IF;
    IF to_regclass('@extschema@.ix_tasks_created_at') IS NULL THEN
        CREATE INDEX ix_tasks_created_at ON @extschema@.tasks (created_at);
    END IF;
END
$$;
