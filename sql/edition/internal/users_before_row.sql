DECLARE
    utc_now CONSTANT pg_catalog.timestamp := pg_catalog.timezone('UTC', pg_catalog.now());
    email CONSTANT pg_catalog.text := NEW.email;
    hashed_password CONSTANT pg_catalog.text := NEW.hashed_password;
    name pg_catalog.text := NEW.name;
BEGIN
    \use not_null table=users column=id
    \use not_null table=users column=email
    \use not_null table=users column=name
    \use not_null table=users column=hashed_password
    \use not_null table=users column=created_at
    \use not_null table=users column=updated_at
    \use not_null table=users column=is_active
    \use not_null table=users column=email_verified

    IF
        \use is_set column=id
    THEN
        \use user_id value=NEW.id schema=TG_TABLE_SCHEMA
    END IF;
    IF
        \use is_set column=email
    THEN
        \use email schema=TG_TABLE_SCHEMA
    END IF;
    IF
        \use is_set column=name
    THEN
        \use line table=users column=name max=100 schema=TG_TABLE_SCHEMA
        NEW.name := name;
    END IF;
    IF
        \use is_set column=hashed_password
    THEN
        \use hashed_password schema=TG_TABLE_SCHEMA
    END IF;
    \use time table=users column=created_at
    \use time table=users column=updated_at

    -- The new address has not been verified, whatever the statement says.
    IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE'
        AND pg_catalog.lower(NEW.email COLLATE pg_catalog."C") OPERATOR(pg_catalog.<>) pg_catalog.lower(OLD.email COLLATE pg_catalog."C")
    THEN
        NEW.email_verified := false;
    END IF;
    \use touch
    RETURN NEW;
END
