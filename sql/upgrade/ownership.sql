-- The last step where the extension has had its own objects before, see present.sql.
SELECT todo_internal.own('todo', todo_internal.present());
DROP FUNCTION todo_internal.present();
