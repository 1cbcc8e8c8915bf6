# Prints the statements of a script as the elements of an array, each as a quoted text. A statement ends with a line that ends with a
# semicolon, unless that is within $$, or between BEGIN ATOMIC and END;.
statement == "" && (/^ *--/ || /^ *$/) { next }
{ statement = statement $0 "\n"; quotes += gsub(/[$][$]/, "&") }
/^BEGIN ATOMIC$/ { atomic = 1 }
/^END;$/ { atomic = 0 }
/;$/ && quotes % 2 == 0 && !atomic {
    sub(/;\n$/, "", statement)
    # What PostgreSQL keeps of an extension.
    if (statement !~ /^(SELECT pg_catalog[.]pg_extension_config_dump|ALTER TRIGGER [^;]* DEPENDS ON EXTENSION)/) {
        if (catalogs == "todo_internal") {
            gsub(/(pg_catalog[.])?pg_extension AS/, "todo_internal.extension AS", statement)
            gsub(/(pg_catalog[.])?pg_depend AS/, "todo_internal.depend AS", statement)
        }
        printf "%s$statement$%s$statement$", separator, statement
        separator = ",\n"
    }
    statement = ""
}
END { if (statement != "") { print "the last statement does not end" > "/dev/stderr"; exit 1 }; print "" }
