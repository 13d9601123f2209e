#!/bin/sh
# Starts what the container was told to start. A configuration file, or a command of the registry's, is given to it.
set -eu

case "${1-}" in
  *.yaml | *.yml) set -- registry serve "$@" ;;
  serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac

exec "$@"
