-- Lets role $1 use the directory.
SELECT todo_directory.grant($1)
