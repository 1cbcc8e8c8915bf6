-- The cost of new hashes in the SQL edition.
SELECT todo_internal.bcrypt_cost()
