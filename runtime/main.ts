// The engine's process: flags, listen, end. Runs as root, in a mount namespace of its own that `drydock up` makes.

import './thread-pool.ts';
import fs from 'node:fs';
import { flushCompileCache } from 'node:module';
import net from 'node:net';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { z } from 'zod';
import { serveEngine } from './api/server.ts';
import { allowedName } from './egress/allow-list.ts';
import { mirrorsOf } from './hub/mirrors/mirrors-file.ts';
import { hubSocketName } from './hub/names.ts';
import { keepDescriptors } from './kernel/descriptors.ts';
import { openEngine } from './open-engine.ts';
import { parsePullLimit } from './registry/accounts/pull-limits.ts';
import type { EngineSettings } from './settings.ts';
import { keepSpares } from './spare-threads.ts';

const flags = {
  instance: { type: 'string' },
  data: { type: 'string' },
  run: { type: 'string' },
  cache: { type: 'string' },
  recipes: { type: 'string', multiple: true },
  'docker-config': { type: 'string', default: '' },
  'socket-owner': { type: 'string', default: '0:0' },
  'uid-base': { type: 'string' },
  'uid-ranges': { type: 'string' },
  'store-bytes': { type: 'string' },
  'host-memory-bytes': { type: 'string' },
  'host-cpus': { type: 'string' },
  'host-pids': { type: 'string' },
  'host-disk-bytes': { type: 'string' },
  'oci-runtime': { type: 'string', default: '' },
  'egress-allow': { type: 'string', default: '' },
  'egress-network': { type: 'string', default: '' },
  'hub-pulls': { type: 'string', default: '' },
  'hub-webhooks': { type: 'string', default: '' },
  upstream: { type: 'string', default: '' },
  mirrors: { type: 'string', default: '' },
  'mirror-bytes': { type: 'string', default: String(10 * 1024 ** 3) },
  vulnerabilities: { type: 'string', default: '' },
  catalogue: { type: 'string', default: 'all' },
} as const;

const count = z.coerce.number().int().positive();
const directory = z.string().regex(/^\/[^:,\s]+$/, 'must be an absolute path without spaces, commas or colons');
const schema = z.strictObject({
  instance: z.string().regex(/^[a-z0-9-]{1,20}$/),
  data: directory,
  run: directory,
  cache: directory,
  recipes: z.array(z.string().startsWith('/')),
  'docker-config': z.string().regex(/^(\/.+)?$/),
  'socket-owner': z.string().regex(/^\d+:\d+$/),
  'uid-base': count,
  'uid-ranges': count,
  'store-bytes': count,
  'host-memory-bytes': count,
  'host-cpus': z.coerce.number().positive(),
  'host-pids': count,
  'host-disk-bytes': count,
  'oci-runtime': z.string(),
  'egress-allow': z
    .string()
    .transform((names) => names.split(',').filter(Boolean))
    .pipe(z.array(z.string().regex(allowedName))),
  'egress-network': z.string().regex(/^(\/.+)?$/),
  'hub-pulls': z.string().transform(parsePullLimit),
  upstream: z.string(),
  mirrors: z.string().regex(/^(\/.+)?$/),
  'mirror-bytes': count,
  'hub-webhooks': z.string().transform((places) => places.split(',').filter(Boolean)),
  vulnerabilities: z.string().regex(/^(\/.+)?$/),
  catalogue: z.enum(['all', 'minimal']),
});

/** Throws ZodError, naming the flag. */
function readSettings(argv: readonly string[]): EngineSettings {
  const { values } = parseArgs({ args: [...argv], options: flags, strict: true });
  const given = schema.parse(values);
  const [uid, gid] = given['socket-owner'].split(':').map(Number);
  return {
    instance: given.instance,
    dataDirectory: given.data,
    runDirectory: given.run,
    cacheDirectory: given.cache,
    recipesDirectories: given.recipes,
    dockerConfig: given['docker-config'] || null,
    socketOwner: { uid: uid ?? 0, gid: gid ?? 0 },
    uidBase: given['uid-base'],
    uidRanges: given['uid-ranges'],
    storeBytes: given['store-bytes'],
    hostLimits: {
      memoryBytes: given['host-memory-bytes'],
      cpus: given['host-cpus'],
      pids: given['host-pids'],
      diskBytes: given['host-disk-bytes'],
    },
    ociRuntime: given['oci-runtime'] || null,
    egress: { allow: given['egress-allow'], network: given['egress-network'] || null },
    hubPulls: given['hub-pulls'],
    hubWebhooks: given['hub-webhooks'],
    mirrors: mirrorsOf(given.upstream, given.mirrors),
    mirrorBytes: given['mirror-bytes'],
    vulnerabilities: given.vulnerabilities || null,
    catalogue: given.catalogue,
  };
}

const log = pino({ name: 'engine', level: 'info', serializers: { error: pino.stdSerializers.err } });
try {
  process.umask(0o022);
  keepDescriptors();
  keepSpares();
  const settings = readSettings(process.argv.slice(2));
  const engine = await openEngine(settings, log);
  const socketPath = `${engine.paths.run}/engine.sock`;
  fs.rmSync(socketPath, { force: true }); // an engine that was killed left it
  const api = serveEngine(engine);
  const server = net.createServer({ allowHalfOpen: true }, (socket) => api.emit('connection', socket));
  const { uid, gid } = settings.socketOwner;
  await engine.hub.listenForSite(`${engine.paths.run}/${hubSocketName}`, { uid, gid });
  server.listen(socketPath, () => {
    fs.chmodSync(socketPath, 0o600);
    fs.chownSync(socketPath, uid, gid);
    log.info({ socket: socketPath, hosts: engine.hosts.size }, 'listening');
    engine.startCatalogue();
    // Where NODE_COMPILE_CACHE says so: Node itself does it at an end in order, which an engine that is killed does not have.
    flushCompileCache();
  });
  // Whoever asked for the shutdown gets the answer first.
  void engine.ended.promise.then(() => {
    server.close();
    setTimeout(() => process.exit(0), 50);
  });
  // Hosts outlive a terminated engine: ending them is `shutdown`, asked for over the socket.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
} catch (error) {
  log.fatal({ error }, error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
