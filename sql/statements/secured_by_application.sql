SELECT todo_internal.secured_by_application($1)
