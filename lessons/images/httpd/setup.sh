# Perl is only for helpers that nobody calls here.
dpkg --purge --force-depends $(dpkg-query --show --showformat '${Package}\n' | grep -E '^(perl|perl-modules-.*|libperl.*)$')

# What the official image has below /usr/local/apache2, Debian has elsewhere.
mkdir -p /usr/local/apache2/logs /usr/local/apache2/cgi-bin
ln -s /usr/lib/apache2/modules /usr/local/apache2/modules
ln -s /etc/mime.types /usr/local/apache2/conf/mime.types
ln -s /usr/bin/htpasswd /usr/local/apache2/bin/htpasswd
rm -rf /var/www
# Without it the server does not start.
test -s /usr/local/apache2/conf/mime.types
/usr/local/apache2/bin/httpd -v
htpasswd -nbB somebody password | grep -q '^somebody:\$2y\$'
