// What the builder can do, as clients ask for it before they use it (BuildKit's apicaps). What is not named here they go without.

/** Of the gateway. */
export const frontendCapabilities = [
  'frontend.caps',
  'frontend.inputs',
  'gateway.evaluate',
  'gateway.solve.evaluate',
  'gateway.solve.metadata',
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
