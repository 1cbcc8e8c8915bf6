SET search_path = pg_catalog, pg_temp
DECLARE
    email CONSTANT text := value;
    hashed_password CONSTANT text := value;
    description CONSTANT text := value;
    name text := value;
    title text := value;
BEGIN
    CASE column_name
        WHEN 'users.id' THEN
            \use user_id value=value
        WHEN 'users.email' THEN
            \use email
        WHEN 'users.name' THEN
            \use line table=users column=name max=100
        WHEN 'users.hashed_password' THEN
            \use hashed_password
        WHEN 'tasks.title' THEN
            \use line table=tasks column=title max=200
        WHEN 'tasks.description' THEN
            \use description
        ELSE
            RAISE EXCEPTION 'no rule for this column' USING ERRCODE = 'undefined_column';
    END CASE;
    RETURN NULL;
EXCEPTION
    WHEN check_violation OR string_data_right_truncation THEN RETURN SQLERRM;
END
