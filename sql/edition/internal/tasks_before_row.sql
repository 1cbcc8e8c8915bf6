DECLARE
    utc_now CONSTANT pg_catalog.timestamp := pg_catalog.timezone('UTC', pg_catalog.now());
    title pg_catalog.text;
    description pg_catalog.text;
BEGIN
    IF NEW.id IS NULL OR NEW.user_id IS NULL OR NEW.title IS NULL OR NEW.completed IS NULL OR NEW.created_at IS NULL OR NEW.updated_at IS NULL
    THEN
        \use not_null table=tasks column=id
        \use not_null table=tasks column=user_id
        \use not_null table=tasks column=title
        \use not_null table=tasks column=completed
        \use not_null table=tasks column=created_at
        \use not_null table=tasks column=updated_at
    END IF;

    IF
        \use is_set column=title
    THEN
        title := NEW.title;
        \use line table=tasks column=title max=200 schema=TG_TABLE_SCHEMA
        NEW.title := title;
    END IF;
    IF NEW.description IS NOT NULL AND (
        \use is_set column=description
    ) THEN
        description := NEW.description;
        \use description schema=TG_TABLE_SCHEMA
    END IF;
    -- All at once first, because most statements set none: an INSERT then has the defaults.
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' AND (
        NEW.created_at OPERATOR(pg_catalog.<>) utc_now OR NEW.updated_at OPERATOR(pg_catalog.<>) utc_now OR NEW.completed_at IS NOT NULL
    ) OR TG_OP OPERATOR(pg_catalog.<>) 'INSERT' AND (
        \use is_set column=created_at
        OR NEW.updated_at OPERATOR(pg_catalog.<>) OLD.updated_at OR NEW.completed_at OPERATOR(pg_catalog.<>) OLD.completed_at
        OR NEW.completed_at IS NOT NULL AND OLD.completed_at IS NULL
    ) THEN
        \use time table=tasks column=created_at
        \use time table=tasks column=updated_at
        \use time table=tasks column=completed_at
    END IF;

    -- completed and completed_at are consistent. The time stays while the task is completed. It is not before created_at, unless the
    -- statement says so.
    IF NOT NEW.completed THEN
        NEW.completed_at := NULL;
    ELSIF NEW.completed_at IS NULL THEN
        NEW.completed_at := COALESCE(OLD.completed_at, GREATEST(utc_now, NEW.created_at));
    ELSIF NEW.completed_at OPERATOR(pg_catalog.=) utc_now
        AND (
            \use is_set column=completed_at
        )
    THEN
        NEW.completed_at := GREATEST(utc_now, NEW.created_at);
    END IF;
    \use touch
    RETURN NEW;
END
