# The engine gives the socket to GID 999. Packages whose groups may have any GID take that one first.
if taken=$(getent group 999); then
  taken=${taken%%:*}
  groupmod --gid 900 "$taken"
  find / -xdev -gid 999 -exec chgrp --no-dereference "$taken" {} +
fi
groupadd --gid 999 docker
cp /etc/skel/.vimrc /root/.vimrc
cp /etc/skel/.bashrc /etc/skel/.profile /root/
groupadd --gid 1000 student
useradd --uid 1000 --gid 1000 --groups docker --shell /bin/bash --create-home --comment 'Student' student
chmod 755 /home/student
chmod 440 /etc/sudoers.d/student

# The engine mounts a directory with the socket on /run/docker-host: a directory, so that a new engine's socket shows in it.
mkdir -p /run/docker-host
ln -s docker-host/docker.sock /run/docker.sock
# And with the keys to other machines of the lab.
ln -s run/docker-host/certs /certs

# sshd runs where a lab wants it. Its keys come with the lab: those of the package would be every student's. Without PAM it takes a
# password of `!` for a locked account.
rm -f /etc/ssh/ssh_host_*
mkdir -p /run/sshd
usermod --password '*' student

# The tiny vim calls itself vi.
ln -s vim.tiny /usr/bin/vim

# Debian's completion knows no plugins; Docker's own asks the program, which knows compose and buildx.
docker completion bash > /usr/share/bash-completion/completions/docker
# /etc/bash.bashrc loads completion when it is first wanted.
rm /etc/profile.d/bash_completion.sh

# The index of manual pages is made once, here; a student who installs a package need not wait for it.
rm -f /var/lib/man-db/auto-update

docker --version
docker compose version
docker buildx version
sudo --user student true
