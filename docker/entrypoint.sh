#!/bin/sh
# Turns secrets given as files into the settings the program reads, then becomes the command.
#
# For each NAME below: NAME_FILE holds the path of a file with its value, as in the
# PostgreSQL image. libpq's own variables are used, so a password needs no escaping in a URL.
set -eu

for name in PGPASSWORD DATABASE_URL FACTORIUM_FRED_API_KEY; do
    eval "file=\${${name}_FILE:-}"
    [ -n "$file" ] || continue
    if [ ! -r "$file" ]; then
        echo "entrypoint: cannot read $file, named by ${name}_FILE" >&2
        exit 1
    fi
    value=$(cat "$file")
    # An empty file is a secret not given: optional keys stay unset.
    [ -z "$value" ] || export "$name=$value"
    unset "${name}_FILE" value
done

exec "$@"
