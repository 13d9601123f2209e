# Adminer's package wants PHP for a web server; PHP's own server is enough for one student, and is what the official image has.
rm -f /usr/bin/php-cgi* /usr/lib/cgi-bin/php*
rm -rf /usr/share/adminer/adminer /usr/share/adminer/editor /usr/share/adminer/editor.php
groupadd --system adminer
useradd --system --gid adminer --no-create-home --home-dir /nonexistent --shell /bin/false adminer
chown -R adminer:adminer /var/www/html
php --version
