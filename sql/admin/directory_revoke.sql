-- Takes back what directory_grant.sql gave role $1.
SELECT todo_directory.revoke($1)
