SELECT * FROM todo_authenticate('login@example.com', 'correct horse');
