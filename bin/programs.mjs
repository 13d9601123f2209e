// Which system programs Drydock runs, and the Debian package that brings each. Ubuntu's packages have the same names.

/** @typedef {{ program: string, package: string, use: string }} Program */

/** @type {readonly Program[]} */
export const programs = [
  { program: 'crun', package: 'crun', use: 'runs containers' },
  { program: 'conmon', package: 'conmon', use: 'keeps containers and their logs while the engine restarts' },
  { program: 'nft', package: 'nftables', use: 'publishes ports inside a host' },
  { program: 'ip', package: 'iproute2', use: "makes a host's network" },
  { program: 'mkfs.btrfs', package: 'btrfs-progs', use: 'makes the store' },
  { program: 'mmdebstrap', package: 'mmdebstrap', use: "builds the catalogue's images" },
  { program: 'busybox', package: 'busybox-static', use: 'is in the images, and is the init of each host' },
  { program: 'losetup', package: 'mount', use: 'gives the store its loop device' },
  { program: 'mount', package: 'mount', use: 'mounts' },
  { program: 'nsenter', package: 'util-linux', use: 'enters namespaces' },
  { program: 'setpriv', package: 'util-linux', use: 'takes privileges away from the server' },
  { program: 'useradd', package: 'passwd', use: "makes the server's user" },
];

/** What the tests need besides. `docker` and compose are not among them: see docker-client.mjs.
 * @type {readonly Program[]} */
export const testPrograms = [
  {
    program: 'chromium-headless-shell',
    package: 'chromium-headless-shell',
    use: 'the browser of the end-to-end tests',
  },
  { program: 'git', package: 'git', use: 'tells which files are the project’s' },
  { program: 'runc', package: 'runc', use: 'the other OCI runtime, that the engine is tested on too' },
];

/** Where Debian puts programs; root's PATH lacks the sbin folders in some shells. */
export const programFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where Debian puts docker's plugins. */
export const pluginFolders = ['/usr/local/libexec/docker/cli-plugins', '/usr/libexec/docker/cli-plugins'];

/** Holds the docker command and the compose that the tests use where the machine has none, or an old one. */
export const ownDockerFolder = '/opt/drydock-docker';
