# What Redis writes goes to /data, which is its user's.
mkdir -p /data
chown redis:redis /data
# Without Debian's configuration file it starts with Redis' own defaults, as in the official image.
rm -rf /etc/redis /etc/init.d/redis-server /etc/logrotate.d/redis-server /var/lib/redis /var/log/redis
redis-server --version
