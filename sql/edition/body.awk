# Prints a function in PL/pgSQL: what the first file holds is the body of the C function in the second file. Lines before DECLARE or BEGIN
# are further attributes of the function.
FNR == NR && /^(#|DECLARE|BEGIN)/ { in_body = 1 }
FNR == NR && in_body { body = body $0 "\n"; next }
FNR == NR { if (!/^--/) attributes = attributes $0 "\n"; next }
sub(/^LANGUAGE c/, "LANGUAGE plpgsql") { print; printf "%s", attributes; next }
/^AS 'MODULE_PATHNAME'/ { printf "AS $$\n%s$$;\n", body; next }
{ print }
