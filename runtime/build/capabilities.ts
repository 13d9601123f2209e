// What the builder can do, as clients ask for it before they use it (BuildKit's apicaps). What is not named here they go without.

/**
 * Whether the worker has the label `…worker.snapshotter`, by which a dockerd with containerd's image store is known. Clients refuse by
 * themselves, without it: `-o type=oci` and `docker`, `--cache-to` of a registry or a directory, several platforms, attestations. They
 * leave `--push` to the docker command, too.
 *
 * With it, one thing is not as in such a dockerd, but as in one without containerd's store: an image that stays in the host has the ID
 * that its configuration hashes to, and a client is told that same digest as `containerimage.digest`. Every other answer of the host names
 * images so (`docker images`, `inspect`, `save`, a container's `Image`), and compose compares what it was told of a build with what
 * it finds: it would make each container anew. Of what leaves the host (`--push`, `-o type=oci` and `docker`) it is the digest of the
 * manifest or index, which a registry knows. And several platforms are not kept in the host, where an image has one: they are pushed, or
 * written to a file.
 */
export const hasSnapshotter = true;

/** Of the gateway. */
export const frontendCapabilities = [
  'frontend.caps',
  'frontend.inputs',
  'gateway.evaluate',
  'gateway.solve.evaluate',
  'gateway.solve.metadata',
  'importcaches',
  'proto.refarray',
  'reference.output',
  'resolveimage',
  'resolveimage.resolvemode',
  'return',
  'returnmap',
  'solve.base',
  'solve.inlinereturn',
] as const;

/** Of what a build may be made of: only dockerfile.v0 makes builds here, so these are what it uses. */
export const llbCapabilities = [
  'constraints',
  'exec.meta.base',
  'exec.meta.network',
  'exec.meta.proxyenv',
  'exec.mount.bind',
  'exec.mount.cache',
  'exec.mount.cache.sharing',
  'exec.mount.secret',
  'exec.mount.ssh',
  'exec.mount.tmpfs',
  'exec.mount.tmpfs.size',
  'exporter.image.annotations',
  'exporter.multiple',
  'file.base',
  'meta.description',
  'meta.ignorecache',
  'platform',
  'source.image',
  'source.image.resolvemode',
  'source.local',
  'source.local.excludepatterns',
  'source.local.followpaths',
  'source.local.includepatterns',
  'source.local.sessionid',
  'source.local.sharedkeyhint',
  'source.local.unique',
] as const;
