#!/bin/sh
# What an image that is made from this one puts into /docker-entrypoint.d is run first, then what the container was told to
# start, in this shell's place: so it is process number 1.
set -eu

if [ "${1-}" = nginx ]; then
  for script in /docker-entrypoint.d/*.sh; do
    if [ -x "$script" ]; then "$script"; fi
  done
fi

exec "$@"
