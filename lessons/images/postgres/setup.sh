# The server and its own programs alone, on the libraries that the recipe lists: their packages would also bring Perl, LLVM and
# Debian's way to keep several clusters, 250 MB that no container needs. Without LLVM no query is compiled.
cd /var/cache/apt/archives
apt-get update
apt-get download postgresql-17 postgresql-client-17 locales
for package in *.deb; do dpkg-deb --extract "$package" /; done
programs=/usr/lib/postgresql/17
rm -rf $programs/lib/llvmjit.so $programs/lib/llvmjit_types.bc $programs/lib/bitcode /usr/share/postgresql/17/man

# The language of the official image: how texts are sorted.
localedef --inputfile en_US --charmap UTF-8 en_US.UTF-8
for left in doc info lintian locale man i18n; do rm -rf /usr/share/$left; done

# The user of the official image, by its number too.
groupadd --system --gid 999 postgres
useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql --shell /bin/bash postgres
install --directory --owner postgres --group postgres --mode 1777 /var/lib/postgresql /var/lib/postgresql/data
install --directory --owner postgres --group postgres --mode 3777 /run/postgresql
mkdir -p /docker-entrypoint-initdb.d

# A server that only its own container could ask would be of no use; who may in is asked for a password.
sample=/usr/share/postgresql/17/postgresql.conf.sample
sed -i "s/^#\?listen_addresses = .*/listen_addresses = '*'/" $sample
grep -q "^listen_addresses = '\*'" $sample
$programs/bin/postgres --version
