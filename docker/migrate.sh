#!/bin/sh
# The migration job: the schema, then the logins of the other services. Safe to repeat.
set -eu

factorium migrate
exec python /app/docker/logins.py
