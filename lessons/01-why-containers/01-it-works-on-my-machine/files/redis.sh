# What both apps share: finding their Redis, and asking it.

port=${1:-6379}
ask() { redis-cli -p "$port" "$@" 2>&1; }

# Without a port, the Redis that is installed on this machine is started, and ended with the app.
if [ $# -eq 0 ]; then
  redis-server --port "$port" --save '' --daemonize yes >/dev/null
  trap 'redis-cli -p "$port" shutdown nosave' EXIT
fi
for _ in $(seq 50); do
  if [ "$(ask ping)" = PONG ]; then break; fi
  sleep 0.1
done
if [ "$(ask ping)" != PONG ]; then
  echo "$app: no Redis answers on port $port." >&2
  exit 1
fi
version=$(ask info server | sed -n 's/^redis_version:\([0-9.]*\).*/\1/p')
echo "$app: found Redis $version."
