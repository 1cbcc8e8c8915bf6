SELECT todo_internal.set_bcrypt_cost($1)
