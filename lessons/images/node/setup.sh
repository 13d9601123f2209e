# The user of the official image, by its number too, for who does not want to run a program as root.
groupadd --gid 1000 node
useradd --uid 1000 --gid node --shell /bin/bash --create-home node
node --version
