-- A schema for helper objects that are not part of the API. In the application's schema, tools would report these as changes.
CREATE SCHEMA todo_internal;
