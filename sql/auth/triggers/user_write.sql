-- Turns a write of the view "user" into a write of users, whose rules apply, and of user_data. Runs with the caller's rights.
-- Errors: those of users; 0A000 id or createdAt was changed.
CREATE FUNCTION todo_auth.user_write()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changes jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM @extschema:todo@.users AS u WHERE u.id = OLD.id;
        RETURN CASE WHEN FOUND THEN OLD END;
    END IF;

    IF TG_OP = 'INSERT' THEN
        changes := todo_auth.changes('{}'::jsonb, to_jsonb(NEW));
        INSERT INTO @extschema:todo@.users (id, email, name, email_verified, created_at, updated_at)
        VALUES (
            NEW.id, NEW.email, NEW.name, NEW."emailVerified",
            NEW."createdAt" AT TIME ZONE 'UTC', NEW."updatedAt" AT TIME ZONE 'UTC'
        );
    ELSE
        changes := todo_auth.changes(to_jsonb(OLD), to_jsonb(NEW));
        IF changes ?| ARRAY['id', 'createdAt'] THEN
            RAISE EXCEPTION 'id and createdAt of a user cannot be changed'
                USING ERRCODE = 'feature_not_supported', SCHEMA = 'todo_auth', TABLE = 'user',
                    COLUMN = CASE WHEN changes ? 'id' THEN 'id' ELSE 'createdAt' END;
        END IF;
        -- Write only what the statement changes, because the row can have changed since the statement found it.
        UPDATE @extschema:todo@.users AS u
        SET name = CASE WHEN changes ? 'name' THEN NEW.name ELSE u.name END,
            email = CASE WHEN changes ? 'email' THEN NEW.email ELSE u.email END,
            email_verified = CASE
                WHEN changes ? 'emailVerified' THEN NEW."emailVerified"
                ELSE u.email_verified
            END,
            updated_at = CASE
                WHEN changes ? 'updatedAt' THEN NEW."updatedAt" AT TIME ZONE 'UTC'
                ELSE u.updated_at
            END
        WHERE u.id = OLD.id
          -- The statement verifies the address that it found, and no other.
          AND (
              NOT changes ? 'emailVerified'
              OR lower(u.email COLLATE pg_catalog."C") = OLD.email
          );
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        -- The trigger on users makes every new address unverified, even if the same UPDATE sets email_verified. But Better
        -- Auth changes the address of a verified user only when the new one has been confirmed.
        IF changes ? 'email' AND NEW."emailVerified" THEN
            UPDATE @extschema:todo@.users AS u
            SET email_verified = true,
                updated_at = CASE WHEN changes ? 'updatedAt' THEN NEW."updatedAt" AT TIME ZONE 'UTC' ELSE u.updated_at END
            WHERE u.id = OLD.id AND u.email = NEW.email;
        END IF;
    END IF;

    IF changes ? 'image' AND NEW.image IS NULL THEN
        UPDATE todo_auth.user_data AS d SET image = NULL WHERE d.user_id = NEW.id;
        DELETE FROM todo_auth.user_data AS d WHERE d.user_id = NEW.id AND d.password_hash IS NULL;
    ELSIF changes ? 'image' THEN
        INSERT INTO todo_auth.user_data (user_id, image)
        VALUES (NEW.id, NEW.image)
        ON CONFLICT (user_id) DO UPDATE SET image = EXCLUDED.image;
    END IF;

    -- Return the row as it is stored.
    SELECT v.* INTO NEW FROM todo_auth."user" AS v WHERE v.id = NEW.id;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION todo_auth.user_write() IS
    'Turns writes of the view "user" into writes of users and user_data';

REVOKE ALL ON FUNCTION todo_auth.user_write() FROM PUBLIC;

CREATE TRIGGER user_write
    INSTEAD OF INSERT OR UPDATE OR DELETE ON todo_auth."user"
    FOR EACH ROW EXECUTE FUNCTION todo_auth.user_write();
