-- For helper objects that are no part of the API: tools look for changes in the application's schema.
CREATE SCHEMA todo_internal;
