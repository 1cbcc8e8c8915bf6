-- A title or a name: trimmed, no control character, something visible.
\use fits table=@table@ column=@column@ max=@max@ schema=@schema@
IF @column@ OPERATOR(pg_catalog.~) E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
    RAISE EXCEPTION '@column@ contains a control character'
        USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = '@table@', COLUMN = '@column@', CONSTRAINT = '@table@_@column@_check';
END IF;
IF @column@ OPERATOR(pg_catalog.!~) E'[^\invisible]' THEN
    RAISE EXCEPTION '@column@ is empty'
        USING ERRCODE = 'check_violation', SCHEMA = @schema@, TABLE = '@table@', COLUMN = '@column@', CONSTRAINT = '@table@_@column@_check';
END IF;
