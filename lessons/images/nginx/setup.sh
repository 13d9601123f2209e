# The user of the official image, by its number too.
groupadd --system --gid 101 nginx
useradd --system --uid 101 --gid nginx --no-create-home --home-dir /nonexistent --shell /bin/false nginx
mkdir -p /docker-entrypoint.d
# What a container logs goes to its standard output and error, where `docker logs` finds it.
mkdir -p /var/log/nginx
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
# Debian's way of switching sites on is not needed where one container is one site.
rm -rf /etc/nginx/sites-available /etc/nginx/sites-enabled /etc/nginx/snippets /var/www
nginx -t
