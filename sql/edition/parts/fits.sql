-- A title or a name: trimmed, and not too long for its column.
\use trim column=@column@
IF pg_catalog.char_length(@column@) OPERATOR(pg_catalog.>) @max@ THEN
    RAISE EXCEPTION '@column@ is longer than @max@ characters'
        USING ERRCODE = 'string_data_right_truncation', SCHEMA = @schema@, TABLE = '@table@', COLUMN = '@column@';
END IF;
