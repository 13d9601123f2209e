// Starts the server from its command line, and ends it in order on SIGTERM and SIGINT.

import { readFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectEngine } from '@drydock/runtime';
import { pino } from 'pino';
import { z } from 'zod';
import { messageOf } from './errors.ts';
import { dayMs, shutdownMs } from './limits.ts';
import { isPreviewOrigin } from './previews/origin.ts';
import { startServer } from './server.ts';
import { defaultCapacity, type Settings } from './settings.ts';

const clone = dirname(dirname(fileURLToPath(import.meta.url)));

const help = `Usage: node sandbox-server/main.ts --engine PATH --data DIRECTORY

  --engine PATH           the engine's API, a Unix socket (required)
  --data DIRECTORY        the server's own records; the only place it writes to (required)
  --operator-socket PATH  where the drydock command reaches this server: a Unix socket in a directory for its user alone
  --site DIRECTORY        the built site (site/dist of this clone)
  --lessons DIRECTORY     the lessons with their lab files (lessons of this clone)
  --listen ADDRESS        address to listen on (127.0.0.1)
  --port NUMBER           port to listen on (8080)
  --origin ORIGIN         what students type into the browser (http://localhost:PORT)
  --other-origin ORIGIN   another origin that pages may come from; may be repeated
  --preview-origin ORIGIN where pages of ports are shown: https://*.preview.example.org, or http://host:8081
                          (http://*.preview.localhost:PORT where the origin is localhost)
  --capacity NUMBER       hosts at once, spare ones among them (from the machine's memory: ${defaultCapacity()})
  --spare-hosts NUMBER    hosts kept ready for the next students (1)
  --address-labs NUMBER   labs at once of one address's newcomers (7/8 of the capacity)
  --yield-seconds NUMBER  while others wait, a lab that was never typed into gives up its place after this long (45)
  --freeze-minutes NUMBER a lab without a page is frozen after this long (5)
  --idle-minutes NUMBER   and stored, without memory, after this long (60)
  --keep-days NUMBER      and ended after this long (7)
  --trusted-proxy ADDRESS whose X-Forwarded-For is believed: an address, or a range as 10.0.0.0/24; may be repeated
  --log-level LEVEL       trace, debug, info, warn, error (info)

In the environment, which other users of the machine cannot see:
  DRYDOCK_INVITE          the code that opens the site; without it the site stands open
  DRYDOCK_METRICS_TOKEN   who sends it as a Bearer token is told /metrics; without it this machine alone is
`;

const origin = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && url.origin === text.replace(/\/$/, '') && /^https?:$/.test(url.protocol);
}, 'must look like https://drydock.example.org');
const path = z.string().min(1);

const flags = z.object({
  engine: path,
  data: path,
  'operator-socket': path.optional(),
  site: path.default(join(clone, 'site/dist')),
  lessons: path.default(join(clone, 'lessons')),
  listen: z.string().default('127.0.0.1'),
  port: z.coerce.number().int().min(0).max(65535).default(8080),
  origin: origin.optional(),
  'other-origin': z.array(origin).default([]),
  'preview-origin': z
    .string()
    .refine(isPreviewOrigin, 'must look like https://*.preview.example.org or http://host:8081')
    .optional(),
  capacity: z.coerce.number().int().min(1).max(10_000).default(defaultCapacity()),
  'spare-hosts': z.coerce.number().int().min(0).max(50).default(1),
  'address-labs': z.coerce.number().int().min(1).max(10_000).optional(),
  'yield-seconds': z.coerce.number().positive().max(1_000_000).default(45),
  'freeze-minutes': z.coerce.number().positive().max(100_000).default(5),
  'idle-minutes': z.coerce.number().positive().max(100_000).default(60),
  'keep-days': z.coerce.number().positive().max(3_650).default(7),
  'trusted-proxy': z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([]),
  'log-level': z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

const secretsOf = z.object({
  DRYDOCK_INVITE: z.string().min(1).optional(),
  DRYDOCK_METRICS_TOKEN: z.string().min(1).optional(),
});

async function version(): Promise<string> {
  const text = await readFile(new URL('./package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

async function readSettings(args: readonly string[]): Promise<{ settings: Settings; logLevel: string } | null> {
  const text = { type: 'string' } as const;
  const list = { type: 'string', multiple: true } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      engine: text,
      data: text,
      'operator-socket': text,
      site: text,
      lessons: text,
      listen: text,
      port: text,
      origin: text,
      'other-origin': list,
      'preview-origin': text,
      capacity: text,
      'spare-hosts': text,
      'address-labs': text,
      'yield-seconds': text,
      'freeze-minutes': text,
      'idle-minutes': text,
      'keep-days': text,
      'trusted-proxy': list,
      'log-level': text,
    },
  });
  if (values.help === true) return null;
  const parsed = flags.safeParse(values);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path: [flag], message }) => `--${String(flag)}: ${message}`);
    throw new Error(`${lines.join('\n')}\nRun with --help to see all flags.`);
  }
  const given = parsed.data;
  const secrets = secretsOf.parse(process.env);
  const publicOrigin = (given.origin ?? `http://localhost:${given.port}`).replace(/\/$/, '');
  const settings: Settings = {
    version: await version(),
    engineSocket: given.engine,
    dataDirectory: given.data,
    operatorSocket: given['operator-socket'] ?? null,
    siteDirectory: given.site,
    lessonsDirectory: given.lessons,
    listenAddress: given.listen,
    port: given.port,
    publicOrigin,
    otherOrigins: given['other-origin'],
    previewOrigin: given['preview-origin'] ?? null,
    capacity: given.capacity,
    spareHosts: given['spare-hosts'],
    maxPerNetwork: given['address-labs'] ?? null,
    yieldMs: given['yield-seconds'] * 1000,
    freezeMs: given['freeze-minutes'] * 60_000,
    idleMs: given['idle-minutes'] * 60_000,
    keepMs: given['keep-days'] * dayMs,
    invite: secrets.DRYDOCK_INVITE ?? null,
    metricsToken: secrets.DRYDOCK_METRICS_TOKEN ?? null,
    trustedProxies: given['trusted-proxy'],
  };
  return { settings, logLevel: given['log-level'] };
}

async function main(): Promise<void> {
  const read = await readSettings(process.argv.slice(2));
  if (read === null) {
    process.stdout.write(help);
    return;
  }
  const { settings, logLevel } = read;
  const log = pino({ name: 'server', level: logLevel });
  const server = await startServer(settings, connectEngine(settings.engineSocket), log);
  log.info({ url: server.url, origin: settings.publicOrigin, capacity: settings.capacity }, 'listening');
  // Writes the cache that NODE_COMPILE_CACHE names, now. Node itself writes it at exit only, and a killed server never gets there.
  flushCompileCache();

  const end = () => {
    // Whatever hangs, do not keep the supervisor waiting.
    setTimeout(() => process.exit(0), shutdownMs).unref();
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: messageOf(error) }, 'did not end in order');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // A rejected promise that nobody awaited is our mistake. It is logged, but must not end the students' shells.
  process.on('unhandledRejection', (error) => log.error({ error: messageOf(error) }, 'unhandled rejection'));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
