#!/bin/bash
# Starts PostgreSQL as the official image does. At the first start, when the data directory is empty, it makes the database that
# POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB ask for, and runs what is in /docker-entrypoint-initdb.d.
set -eu -o pipefail

# from_file NAME DEFAULT: sets NAME from itself, from the file that NAME_FILE names, or to the default.
from_file() {
  local name=$1 file=$1_FILE
  if [ -n "${!name-}" ] && [ -n "${!file-}" ]; then
    printf >&2 'error: both %s and %s are set (but are exclusive)\n' "$name" "$file"
    exit 1
  fi
  if [ -n "${!file-}" ]; then printf -v "$name" '%s' "$(<"${!file}")"; fi
  if [ -z "${!name-}" ]; then printf -v "$name" '%s' "$2"; fi
  export "$name"
  unset "$file"
}

# Whether the server is only asked something and would start nothing.
only_asks() {
  local argument
  for argument; do
    case $argument in -'?' | --help | --describe-config | -V | --version) return 0 ;; esac
  done
  return 1
}

want_password() {
  if [ -n "$POSTGRES_PASSWORD" ] || [ "$POSTGRES_HOST_AUTH_METHOD" = trust ]; then return; fi
  cat >&2 <<'EOF'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html
EOF
  exit 1
}

run_sql() {
  PGPASSWORD=$POSTGRES_PASSWORD psql --variable ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" "$@"
}

run_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      */'*') continue ;;
      *.sh) if [ -x "$script" ]; then echo "$0: running $script"; "$script"; else echo "$0: sourcing $script"; . "$script"; fi ;;
      *.sql) echo "$0: running $script"; run_sql --dbname "$POSTGRES_DB" --file "$script" ;;
      *.sql.gz) echo "$0: running $script"; gunzip --stdout "$script" | run_sql --dbname "$POSTGRES_DB" ;;
      *) echo "$0: ignoring $script" ;;
    esac
    echo
  done
}

# The server of the first start is asked through its socket alone: nobody else gets in before all is there.
first_start() {
  # The words of POSTGRES_INITDB_ARGS may be quoted, as in a shell.
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") '"${POSTGRES_INITDB_ARGS-}"
  local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    run_sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  echo
  run_scripts
  pg_ctl -D "$PGDATA" -m fast -w stop
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

case ${1-} in -*) set -- postgres "$@" ;; esac

if [ "${1-}" = postgres ] && ! only_asks "$@"; then
  mkdir -p "$PGDATA"
  # Root hands directories and process over to the user postgres, as far as it may: the server refuses to run as root.
  if [ "$(id -u)" = 0 ]; then
    chmod 700 "$PGDATA" || true
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' + || true
    mkdir -p /run/postgresql
    chmod 3777 /run/postgresql || true
    HOME=/var/lib/postgresql exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
  fi
  from_file POSTGRES_PASSWORD ''
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS ''
  : "${POSTGRES_HOST_AUTH_METHOD:=}"
  if [ -s "$PGDATA/PG_VERSION" ]; then
    printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
  else
    want_password
    first_start
  fi
fi

exec "$@"
