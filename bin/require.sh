# What every shell entry point needs before anything else: Linux, root, Node 18 or later and npm. Sourced, with $what set
# to the command that the person typed. Says one sentence and stops where something is missing.

refuse() {
  echo "drydock: $1" >&2
  exit 1
}

[ "$(uname -s)" = Linux ] ||
  refuse "Drydock needs Linux, and this is $(uname -s). Run it on a Linux machine, or in a Linux virtual machine."
[ "$(id -u)" = 0 ] ||
  refuse "Drydock makes namespaces, mounts and cgroups, and only root may. Run it again as root: sudo $what"
command -v node >/dev/null 2>&1 ||
  refuse "There is no Node here. Install Node 18 or later and npm (apt-get install nodejs npm), then run $what again."
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' ||
  refuse "Node $(node --version) is too old to install Drydock's packages. Install Node 18 or later, then run $what again."
command -v npm >/dev/null 2>&1 ||
  refuse "There is no npm here. Install it (apt-get install npm), then run $what again."
