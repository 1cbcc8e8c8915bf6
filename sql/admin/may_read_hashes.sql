SELECT pg_catalog.has_column_privilege('@extschema@.users', 'hashed_password', 'SELECT')
