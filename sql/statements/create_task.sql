INSERT INTO @extschema@.tasks AS task (user_id, title, description)
VALUES ($1, $2, $3)
RETURNING task.*
