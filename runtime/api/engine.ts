// The engine's own API, for the server and the `drydock` command: hosts, their terminals, commands in them. Its one client
// is `client-connect.ts`; the shapes are those of `client.ts`.

import { z } from 'zod';
import { checkEngine } from '../check.ts';
import type { HostInfo } from '../client.ts';
import { lastRuns } from '../containers/last-run.ts';
import { shownContainers } from '../containers/shown.ts';
import type { Engine } from '../engine.ts';
import { EngineError, statusOfKind } from '../errors.ts';
import { createHost } from '../hosts/create.ts';
import type { Host } from '../hosts/host.ts';
import type { LiveTerminal } from '../hosts/live-terminal.ts';
import { openTerminal } from '../hosts/open-terminal.ts';
import { removeHost } from '../hosts/remove.ts';
import { runCommand } from '../hosts/run-command.ts';
import { hostUsage } from '../hosts/usage.ts';
import { shownHosts, workshopName } from '../hosts/workshop-name.ts';
import { maxCommandBodyBytes } from '../limits.ts';
import { shutdownEngine } from '../shutdown.ts';
import { catalogueRoutes } from './catalogue.ts';
import type { Exchange } from './exchange.ts';
import { hijack } from './hijack.ts';
import { hostFileRoutes } from './host-files.ts';
import { hostInsideRoutes } from './host-inside.ts';
import { hostStateRoutes } from './host-states.ts';
import { hubRoutes } from './hub.ts';
import { integer } from './query.ts';
import { type Handler, type Routes, withEach } from './router.ts';
import { trafficRoutes } from './traffic.ts';

const hostName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a host is named with a-z, 0-9 and -, at most 63 of them');

const limitsSchema = z.strictObject({
  memoryBytes: z
    .number()
    .int()
    .min(64 * 1024 * 1024)
    .optional(),
  cpus: z.number().min(0.05).max(1024).optional(),
  pids: z.number().int().min(32).max(4_194_304).optional(),
  diskBytes: z
    .number()
    .int()
    .min(16 * 1024 * 1024)
    .optional(),
});
const createSchema = z.strictObject({
  name: hostName,
  limits: limitsSchema.optional(),
  egress: z.enum(['none', 'proxy', 'open']).optional(),
  hubAccount: z.string().max(100).optional(),
  ownHubAccount: z.boolean().optional(),
  workspace: z
    .string()
    .regex(/^workspace(-[a-z0-9-]{1,50})?$/, 'is a workspace image of the catalogue, such as workspace-vm')
    .optional(),
  hostname: hostName.optional(),
  link: hostName.optional(),
  api: z
    .array(z.enum(['tls', 'ssh']))
    .max(2)
    .optional(),
});

const words = z.array(z.string().max(128 * 1024)).max(1024);
const argv = words.min(1);
const size = z.number().int().min(1).max(1000);
const user = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/);
const directory = z.string().startsWith('/').max(4096);

const terminalSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  rows: size,
  columns: size,
  argv: argv.optional(),
  user: user.optional(),
  cwd: directory.optional(),
  env: words.optional(),
});
const resizeSchema = z.strictObject({ rows: size, columns: size });
const commandSchema = z.strictObject({
  argv,
  user: user.optional(),
  cwd: directory.optional(),
  env: words.optional(),
  /** Bytes in base64. */
  stdin: z.base64().optional(),
  timeoutMs: z.number().int().min(1).max(60_000).optional(),
});

/** Leaves out what is undefined, as `exactOptionalPropertyTypes` wants it. */
function given<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

export function hostInfo(host: Host): HostInfo {
  const { name, id, createdAt, uidBase, pid, limits } = host.record;
  const containers = shownContainers(host);
  return {
    name,
    id,
    state: stateOf(host),
    createdAt,
    dockerSocket: host.dockerSocket,
    uidBase,
    pid,
    limits,
    containers: containers.length,
    containersRunning: containers.filter(({ running }) => running).length,
    interrupted: containers.filter(({ running, state }) => !running && state.interrupted === true).map(({ id }) => id),
    terminals: host.terminals.size,
    hubAccount: host.record.hubAccount?.name ?? null,
  };
}

function stateOf(host: Host): HostInfo['state'] {
  if (host.frozen) return 'frozen';
  if (host.returning) return 'starting';
  return host.running ? 'running' : 'stopped';
}

function hostOf(exchange: Exchange<Engine>): Host {
  const name = exchange.param('host');
  const host = exchange.subject.hosts.get(name);
  if (!host || name === workshopName)
    throw new EngineError('notFound', `there is no host ${name.slice(0, 80)}; \`drydock host ls\` lists them`);
  return host;
}

function terminalOf(exchange: Exchange<Engine>): LiveTerminal {
  const id = exchange.param('terminal');
  const host = hostOf(exchange);
  const terminal = host.terminals.get(id);
  if (!terminal) throw new EngineError('notFound', `host ${host.name} has no terminal ${id.slice(0, 80)}`);
  return terminal;
}

async function create(exchange: Exchange<Engine>): Promise<void> {
  const { name, limits, ...options } = await exchange.body(createSchema);
  const all = { ...given(options), limits: given(limits ?? {}) };
  exchange.answer(201, hostInfo(await createHost(exchange.subject, name, all)));
}

async function remove(exchange: Exchange<Engine>): Promise<void> {
  await removeHost(hostOf(exchange));
  exchange.end(204);
}

async function open(exchange: Exchange<Engine>): Promise<void> {
  const host = hostOf(exchange);
  const terminal = await openTerminal(host, given(await exchange.body(terminalSchema)));
  exchange.answer(201, terminal.info());
}

async function resize(exchange: Exchange<Engine>): Promise<void> {
  const { rows, columns } = await exchange.body(resizeSchema);
  terminalOf(exchange).resize(rows, columns);
  exchange.end(204);
}

async function close(exchange: Exchange<Engine>): Promise<void> {
  await terminalOf(exchange).close();
  exchange.end(204);
}

/** Takes the connection over. The header `Drydock-Offset` has the number of the first byte of output. */
function attach(exchange: Exchange<Engine>): void {
  const from = integer(exchange.query, 'from') ?? 0;
  const { offset, stream } = terminalOf(exchange).attach(Math.max(0, from));
  const socket = hijack(exchange, 'application/octet-stream', { 'Drydock-Offset': String(offset) });
  stream.pipe(socket).pipe(stream);
  stream.once('error', () => socket.destroy());
  stream.once('close', () => socket.end());
  stream.once('finish', () => socket.end()); // the client has hung up
  socket.once('close', () => stream.destroy());
}

async function run(exchange: Exchange<Engine>): Promise<void> {
  const host = hostOf(exchange);
  const { stdin, ...options } = await exchange.body(commandSchema, maxCommandBodyBytes);
  const bytes = stdin === undefined ? {} : { stdin: Buffer.from(stdin, 'base64') };
  exchange.answer(200, await runCommand(host, { ...given(options), ...bytes }));
}

/** Errors of this API carry their kind, so that the client can throw the same error again. */
function withKind(handler: Handler<Engine>): Handler<Engine> {
  return async (exchange) => {
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof EngineError) || exchange.response.headersSent) throw error;
      exchange.answer(statusOfKind[error.kind], { kind: error.kind, message: error.message });
    }
  };
}

const routes: Routes<Engine> = {
  ...catalogueRoutes,
  ...hubRoutes,
  ...hostFileRoutes(hostOf),
  ...hostInsideRoutes(hostOf),
  ...trafficRoutes(hostOf),
  ...hostStateRoutes({ hostOf, infoOf: hostInfo }),
  'GET /status': (exchange) => exchange.answer(200, exchange.subject.status()),
  'GET /loop': (exchange) => exchange.answer(200, exchange.subject.loop.report(integer(exchange.query, 'since') ?? 0)),
  'POST /check': async (exchange) => exchange.answer(200, await checkEngine(exchange.subject)),
  'POST /shutdown': async (exchange) => {
    await shutdownEngine(exchange.subject);
    exchange.end(204);
  },
  'GET /hosts': (exchange) => exchange.answer(200, shownHosts(exchange.subject.hosts).map(hostInfo)),
  'POST /hosts': create,
  'POST /hosts/{host}/run': run,
  'GET /hosts/{host}/runs': (exchange) => exchange.answer(200, lastRuns(hostOf(exchange))),
  'GET /hosts/{host}/usage': async (exchange) => exchange.answer(200, await hostUsage(hostOf(exchange))),
  'GET /hosts/{host}/terminals': (exchange) =>
    exchange.answer(
      200,
      [...hostOf(exchange).terminals.values()].map((terminal) => terminal.info()),
    ),
  'POST /hosts/{host}/terminals': open,
  'GET /hosts/{host}/terminals/{terminal}/attach': { takesOver: attach },
  'POST /hosts/{host}/terminals/{terminal}/resize': resize,
  'DELETE /hosts/{host}/terminals/{terminal}': close,
  'GET /hosts/{host}': (exchange) => exchange.answer(200, hostInfo(hostOf(exchange))),
  'DELETE /hosts/{host}': remove,
};

export const engineRoutes: Routes<Engine> = withEach(routes, withKind);
