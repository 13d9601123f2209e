# What a container logs goes to its standard output and error, where `docker logs` finds it.
mkdir -p /var/log/nginx
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
# Debian's way of switching sites on is not needed where one container is one site.
rm -rf /etc/nginx/sites-available /etc/nginx/sites-enabled /etc/nginx/snippets /var/www
nginx -t
