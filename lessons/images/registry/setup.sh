# The program by the name that the official image gives it.
ln -sf /usr/bin/docker-registry /usr/local/bin/registry
mkdir -p /var/lib/registry
# Debian's own place for images, and how it starts the program on a machine.
rm -rf /var/lib/docker-registry /etc/init.d/docker-registry /etc/default/docker-registry /lib/systemd/system/docker-registry.service
/usr/bin/docker-registry --version
