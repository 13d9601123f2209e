#!/bin/sh
# Starts what the container was told to start. Options alone, or a configuration file, are given to redis-server.
set -eu

case "${1-redis-server}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1-}" = redis-server ]; then
  # Root hands the directory and the process over to the user redis, as far as it may.
  if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis '{}' + || true
    exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
  fi
  shift
  # Only what is published, or on the container's network, gets here, so Redis need not ask where a client comes from.
  case "${1-}" in
    '' | -*) set -- --protected-mode no "$@" ;;
    *) file=$1; shift; set -- "$file" --protected-mode no "$@" ;;
  esac
  set -- redis-server "$@"
fi

exec "$@"
