-- A title or a name: trimmed, no control character, something visible. All at once first: PostgreSQL prepares each expression anew in
-- every transaction.
\use trim column=@column@
IF pg_catalog.char_length(@column@) OPERATOR(pg_catalog.>) @max@
    OR @column@ OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]'
    OR @column@ OPERATOR(pg_catalog.!~) E'[^\invisible]'
THEN
    \use fits table=@table@ column=@column@ max=@max@ schema=@schema@
    IF @column@ OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        RAISE EXCEPTION '@column@ contains a control character'
            USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = '@table@', COLUMN = '@column@', CONSTRAINT = '@table@_@column@_check';
    END IF;
    RAISE EXCEPTION '@column@ is empty'
        USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = '@table@', COLUMN = '@column@', CONSTRAINT = '@table@_@column@_check';
END IF;
