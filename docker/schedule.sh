#!/bin/sh
# Builds the warehouse once a day, and says whether the last build succeeded.
#
#   schedule.sh run       forever: wait for BUILD_AT (UTC), land, build
#   schedule.sh once      land and build now
#   schedule.sh healthy   exit code of the last build; 0 before the first
#
# BUILD_AT=HH:MM        when, UTC; after the vendors have published
# INGEST="edgar-tickers fred"   words given to `factorium ingest`, one source each; may be empty
set -eu

BUILD_AT=${BUILD_AT:-23:30}
INGEST=${INGEST:-}
OUTCOME=/tmp/last-build

say() { echo "$(date -u +%FT%TZ) schedule: $*"; }

# A vendor that is away must not keep the others' data out: each source on its own.
once() {
    failed=0
    for source in $INGEST; do
        say "ingest $source"
        factorium ingest "$source" || { say "ingest $source failed"; failed=1; }
    done
    say "build"
    factorium build || { say "build failed"; failed=1; }
    echo "$failed" > "$OUTCOME"
    return "$failed"
}

seconds_until() {
    now=$(date -u +%s)
    next=$(date -u -d "today $1" +%s)
    [ "$next" -gt "$now" ] || next=$(date -u -d "tomorrow $1" +%s)
    echo $((next - now))
}

run() {
    trap 'say "stopping"; exit 0' TERM INT
    while :; do
        pause=$(seconds_until "$BUILD_AT")
        say "next build in $pause s, at $BUILD_AT UTC"
        # In the background, so that a stop signal does not wait for the night.
        sleep "$pause" &
        wait $!
        once || say "the next attempt is tomorrow; by hand: docker/schedule.sh once"
    done
}

case ${1:-run} in
    run) run ;;
    once) once ;;
    healthy) exit "$(cat "$OUTCOME" 2>/dev/null || echo 0)" ;;
    *) echo "usage: schedule.sh run|once|healthy" >&2; exit 2 ;;
esac
