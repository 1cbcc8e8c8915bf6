SELECT todo_check_password('correct horse', ours) FROM hash;
