#!/bin/sh
# Starts what the container was told to start. Options, and files that are no programs, are given to node.
set -eu

case "${1-}" in
  -*) set -- node "$@" ;;
  *) if ! command -v "${1-}" >/dev/null || { [ -f "$1" ] && [ ! -x "$1" ]; }; then set -- node "$@"; fi ;;
esac

exec "$@"
