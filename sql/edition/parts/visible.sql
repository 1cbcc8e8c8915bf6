\use maintenance
user_id := todo_internal.visible(user_id);
