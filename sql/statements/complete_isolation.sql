SELECT todo_internal.complete_isolation()
