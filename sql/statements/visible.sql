SELECT todo_internal.visible($1)
