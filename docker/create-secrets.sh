#!/bin/sh
# Makes the secret files that compose.yaml names, where they do not exist yet.
# Compose binds them into the containers as they are, and those run as other users:
# the files are readable to all, their folder only to you.
set -eu
umask 077

folder=$(dirname "$0")/secrets
mkdir -p "$folder"
chmod 700 "$folder"

for name in postgres_password builder_password api_password; do
    file=$folder/$name
    [ -s "$file" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "$file"
    chmod 444 "$file"
done

# Optional: put the key of the FRED API in it.
[ -e "$folder/fred_api_key" ] || : > "$folder/fred_api_key"
chmod 644 "$folder/fred_api_key"
echo "secrets are in $folder"
