# Redis 8 as Debian 13 has it, and Redis 6 as Debian 11 has it with the libraries that Debian 13 has no more. What is
# installed here already is left out of account, for apt would take its versions for the wanted ones.
touch /tmp/none
fetch() {
  mkdir -p "/opt/$1"
  cd "/opt/$1"
  shift
  apt-get update
  apt-get -o Dir::State::status=/tmp/none download "$@"
}
fetch redis-8 redis-server redis-tools
cp /etc/apt/sources.list /tmp/sources.list
sed -i 's/trixie/bullseye/g' /etc/apt/sources.list
fetch redis-6 redis-server redis-tools libssl1.1 lua-bitop lua-cjson liblua5.1-0
cp /tmp/sources.list /etc/apt/sources.list

# No service is started when its package is installed: who needs Redis starts it.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
# Packages that would ask something take their own answers.
echo 'debconf debconf/frontend select Noninteractive' | debconf-set-selections
redis-server --version
