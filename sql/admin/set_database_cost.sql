-- The statement that makes $1 the cost of new hashes in this database.
SELECT pg_catalog.format('ALTER DATABASE %I SET todo.bcrypt_cost = %s', pg_catalog.current_database(), $1::pg_catalog.int4)
