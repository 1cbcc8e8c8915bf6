-- Helper objects that are no part of the API. They stay out of the application's schema, where tools look for changes.
CREATE SCHEMA todo_internal;
