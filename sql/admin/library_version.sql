-- Fails if the library cannot be loaded, or is too old to have this function.
SELECT todo_internal.library_version()
