#!/bin/sh
# Starts what the container was told to start; ADMINER_DEFAULT_SERVER is read by the page itself.
set -eu
exec "$@"
