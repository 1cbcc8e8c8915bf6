DECLARE
    trimmed text := value;
BEGIN
    \use trim column=trimmed
    RETURN trimmed;
END
