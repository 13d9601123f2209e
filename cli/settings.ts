// Every setting of Drydock, in one place: its name, its default, what it means. How they are read: load-settings.ts.

import { allowedName, Places } from '@drydock/runtime';
import * as z from 'zod';
import { parseSize } from './sizes.ts';

export const defaultRun = '/run/drydock';

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'is no whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`);
const size = (leastBytes: number) =>
  z.string().transform((text, context) => {
    const bytes = parseSize(text);
    if (bytes !== null && bytes >= leastBytes) return bytes;
    context.addIssue({ code: 'custom', message: `is no size of at least ${leastBytes} bytes; write 512MiB or 2GiB` });
    return z.NEVER;
  });
const folder = z.string().regex(/^\/[A-Za-z0-9._/-]+$/, 'must be an absolute path of letters, digits and . _ / -');
/** Content folders with `:` between. Drydock's own course is there too, unless `only` stands first. */
const contentFolders = z.string().transform((text, context) => {
  const parts = text.split(':').filter(Boolean);
  const own = parts[0] !== 'only';
  const folders = (own ? parts : parts.slice(1)).map((part) => part.replace(/(?<=.)\/+$/, ''));
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const wrong = folders.find((part) => !folder.safeParse(part).success || part.split('/').includes('..'));
  if (wrong !== undefined)
    return refuse(
      `names "${wrong}", which is no absolute path of letters, digits and . _ / -; write /srv/course:/srv/more`,
    );
  if (new Set(folders).size < folders.length) return refuse('names a folder twice');
  return own || folders.length > 0 ? { own, folders } : refuse('leaves out all lessons: name a folder behind only:');
});
/** A network that holds everybody is no list of proxies: with it anybody's word on their address is believed. */
const proxies = z.string().transform((text, context) => {
  const list = text.split(/[\s,]+/).filter(Boolean);
  const wrong = list.find((each) => !z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).safeParse(each).success);
  if (wrong !== undefined) {
    const message = `names "${wrong}", which is no IP address or range; write 10.0.0.7 or 10.0.0.0/24, several with commas between`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  const all = list.find((each) => each.endsWith('/0'));
  if (all !== undefined) {
    context.addIssue({ code: 'custom', message: `names ${all}, which is every address: name your proxies alone` });
    return z.NEVER;
  }
  return list;
});
/** A path would have to stand before every address of the site, and it does not. */
const siteOrigin = z.string().transform((text, context) => {
  const url = URL.parse(text);
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (url === null || !/^https?:$/.test(url.protocol)) return refuse('is no http or https address');
  const { origin, pathname, search, hash, username, password } = url;
  if (pathname !== '/')
    return refuse(`has a path, ${pathname}: Drydock is served at the top of an address of its own; write ${origin}`);
  if (search || hash || username || password) return refuse(`is more than an address; write ${origin}`);
  return origin;
});
const secret = z.string().regex(/^[A-Za-z0-9._~-]{8,100}$/, 'must be 8 to 100 letters, digits and . _ ~ -');
/** Of names and addresses, each with a port or without. */
const places = z.string().transform((text, context) => {
  const list = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  try {
    return new Places(list).texts;
  } catch (error) {
    context.addIssue({ code: 'custom', message: `names a place that is none: ${(error as Error).message}` });
    return z.NEVER;
  }
});
const names = z.string().transform((text, context) => {
  const list = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const wrong = list.find((each) => !allowedName.test(each));
  if (wrong === undefined) return list;
  const message = `names "${wrong}", which is no name of the internet; write deb.debian.org, *.debian.org or *, several with commas between`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
const derived = <T extends z.ZodType>(schema: T) => z.union([z.literal('').transform(() => null), schema]);

export interface Definition {
  readonly variable: `DRYDOCK_${string}`;
  readonly schema: z.ZodType;
  /** As it would stand in the file; empty where it is derived or none. */
  readonly fallback: string;
  /** Where `fallback` is empty: what is taken then, in words. */
  readonly otherwise?: string;
  readonly meaning: string;
  /** What it is set to is not shown. */
  readonly secret?: true;
}

const mebibyte = 1024 ** 2;

export const definitions = {
  port: {
    variable: 'DRYDOCK_PORT',
    schema: wholeNumber(1, 65535),
    fallback: '8080',
    meaning: 'The port that the server listens on.',
  },
  listen: {
    variable: 'DRYDOCK_LISTEN',
    schema: z.union([z.ipv4(), z.ipv6()]),
    fallback: '127.0.0.1',
    meaning:
      'The address that the server listens on. 0.0.0.0: all of this machine; put a proxy with TLS in front then.',
  },
  origin: {
    variable: 'DRYDOCK_ORIGIN',
    schema: derived(siteOrigin),
    fallback: '',
    otherwise: 'http://localhost:PORT',
    meaning: 'The address that students type. Requests to other hosts, and changes from other origins, are refused.',
  },
  previewOrigin: {
    variable: 'DRYDOCK_PREVIEW_ORIGIN',
    schema: derived(
      z
        .string()
        .regex(
          /^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?$/,
          'must look like https://*.preview.example.org or http://host:8081',
        ),
    ),
    fallback: '',
    otherwise: 'only on localhost',
    meaning:
      'Where pages of ports are shown: on localhost http://*.preview.localhost:PORT, elsewhere nowhere until it is set.',
  },
  trustedProxy: {
    variable: 'DRYDOCK_TRUSTED_PROXY',
    schema: proxies,
    fallback: '',
    otherwise: 'none',
    meaning: 'The proxies in front, whose X-Forwarded-For is believed: addresses and ranges, with commas between.',
  },
  invite: {
    variable: 'DRYDOCK_INVITE',
    schema: derived(secret),
    fallback: '',
    otherwise: 'none',
    secret: true,
    meaning:
      'A code that opens the site: whoever has not typed it, or opened the link ORIGIN/invite?code=CODE, sees nothing.',
  },
  metricsToken: {
    variable: 'DRYDOCK_METRICS_TOKEN',
    schema: derived(secret),
    fallback: '',
    otherwise: 'none',
    secret: true,
    meaning: 'With it, whoever sends it as a Bearer token may read /metrics; without it this machine alone may.',
  },
  data: {
    variable: 'DRYDOCK_DATA',
    schema: folder,
    fallback: '/var/lib/drydock',
    meaning: 'What must be kept: the store, the records, the logs.',
  },
  run: {
    variable: 'DRYDOCK_RUN',
    // Names of Unix sockets may have 107 bytes, and a host's name is in them.
    schema: folder.max(40, 'must be at most 40 characters long'),
    fallback: defaultRun,
    meaning: 'Sockets, and what else is gone after a reboot. Each running Drydock needs a folder of its own.',
  },
  cache: {
    variable: 'DRYDOCK_CACHE',
    schema: folder,
    fallback: '/var/cache/drydock',
    meaning: "The catalogue's images as built or imported; may be shared by every Drydock on the machine, and deleted.",
  },
  capacity: {
    variable: 'DRYDOCK_CAPACITY',
    schema: derived(wholeNumber(1, 10_000)),
    fallback: '',
    otherwise: 'from the memory',
    meaning: 'How many hosts at once (most labs have one); the next student waits in a queue.',
  },
  addressLabs: {
    variable: 'DRYDOCK_ADDRESS_LABS',
    schema: derived(wholeNumber(1, 10_000)),
    fallback: '',
    otherwise: '7/8 of the capacity',
    meaning:
      'How many labs newcomers of one network have at once; students who have done a task, or were invited, do not count.',
  },
  yieldSeconds: {
    variable: 'DRYDOCK_YIELD_SECONDS',
    schema: wholeNumber(10, 86_400),
    fallback: '45',
    meaning:
      'While others wait, a lab that was never typed into is stored after so long; one that was, after 20 times as long.',
  },
  freezeMinutes: {
    variable: 'DRYDOCK_FREEZE_MINUTES',
    schema: wholeNumber(1, 10_080),
    fallback: '5',
    meaning: 'A lab that nobody has open for so long is frozen: it takes no CPU time.',
  },
  idleMinutes: {
    variable: 'DRYDOCK_IDLE_MINUTES',
    schema: wholeNumber(1, 10_080),
    fallback: '60',
    meaning:
      'A lab that nobody has open for so long, or typed into for 4 times as long, is stored: it takes no memory.',
  },
  keepDays: {
    variable: 'DRYDOCK_KEEP_DAYS',
    schema: wholeNumber(1, 3_650),
    fallback: '7',
    meaning:
      'A lab that nobody has opened for so long is ended; sooner where disk or UIDs run out, or as a student opens an 11th.',
  },
  hostMemory: {
    variable: 'DRYDOCK_HOST_MEMORY',
    schema: size(64 * mebibyte),
    fallback: '512MiB',
    meaning: 'The most memory of one host. A lab may have several hosts; a student may have three labs that run.',
  },
  hostCpus: {
    variable: 'DRYDOCK_HOST_CPUS',
    schema: z
      .string()
      .regex(/^\d+(\.\d+)?$/, 'is no number')
      .transform(Number)
      .refine((value) => value >= 0.05 && value <= 1024, 'must be from 0.05 to 1024'),
    fallback: '1',
    meaning: 'The most CPUs of one host; 0.5 is half of one.',
  },
  hostPids: {
    variable: 'DRYDOCK_HOST_PIDS',
    schema: wholeNumber(64, 1_000_000),
    fallback: '1024',
    meaning: 'The most processes and threads of one host.',
  },
  hostDisk: {
    variable: 'DRYDOCK_HOST_DISK',
    schema: size(64 * mebibyte),
    fallback: '2GiB',
    meaning:
      'The most disk of one host, and twice that with its snapshots. Images that it loads or pulls may take 2 GiB more.',
  },
  storeSize: {
    variable: 'DRYDOCK_STORE_SIZE',
    schema: derived(size(1024 * mebibyte)),
    fallback: '',
    otherwise: '4/5 of the free disk',
    meaning:
      'The size of the store when it is made, up to which its file grows. Not used where DRYDOCK_DATA is on btrfs.',
  },
  catalogue: {
    variable: 'DRYDOCK_CATALOGUE',
    schema: z.enum(['all', 'minimal']),
    fallback: 'all',
    meaning: 'Which images to build: all, or minimal (busybox and workspace), which is quick and small.',
  },
  lessons: {
    variable: 'DRYDOCK_LESSONS',
    schema: contentFolders,
    fallback: '',
    otherwise: "Drydock's own course",
    meaning: 'Folders with lessons of your own, : between. Drydock’s course is there too, unless only: stands first.',
  },
  user: {
    variable: 'DRYDOCK_USER',
    schema: z.string().regex(/^[a-z_][a-z0-9_-]{0,30}$/, 'is no name of a user'),
    fallback: 'drydock',
    meaning: 'The unprivileged user that the server runs as; made where it is missing.',
  },
  uidBase: {
    variable: 'DRYDOCK_UID_BASE',
    schema: wholeNumber(65_536, 4_294_836_224),
    // 1,879,048,192: the first UID past those of systemd-nspawn (systemd.io/UIDS-GIDS); LXD and subuid lie far below.
    fallback: '1879048192',
    meaning: "The first UID of the hosts' ranges. Two Drydocks on a machine must differ.",
  },
  uidRanges: {
    variable: 'DRYDOCK_UID_RANGES',
    schema: wholeNumber(1, 32_767),
    fallback: '1000',
    meaning: 'How many ranges of 65,536 UIDs there are. Each host has one, also while its lab is stored.',
  },
  egress: {
    variable: 'DRYDOCK_EGRESS',
    schema: names,
    fallback: '',
    otherwise: 'nothing',
    meaning:
      'What labs that ask for it reach of the internet, by HTTP and HTTPS: names, *.NAME for all below one, or * for all.',
  },
  egressNetwork: {
    variable: 'DRYDOCK_EGRESS_NETWORK',
    schema: derived(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'is no name of a network namespace')),
    fallback: '',
    otherwise: "the machine's own",
    meaning: 'The network namespace (ip netns) by which they do, and whose name servers they ask.',
  },
  hubPulls: {
    variable: 'DRYDOCK_HUB_PULLS',
    schema: z.string().regex(/^(\d{1,7};w=[1-9]\d{0,6})?$/, 'is no limit such as 100;w=21600, a hundred in six hours'),
    fallback: '',
    otherwise: 'no limit',
    meaning:
      'How many images an account, or an address without one, pulls from the hub: 100;w=21600 is a hundred in six hours.',
  },
  upstream: {
    variable: 'DRYDOCK_UPSTREAM',
    schema: z
      .string()
      .regex(/^(docker\.io|https?:\/\/[A-Za-z0-9.:[\]-]+(\/[a-z0-9._/-]*)?)?$/, 'is neither docker.io nor an address'),
    fallback: '',
    otherwise: 'nowhere',
    meaning: "Where images of docker.io that the catalogue lacks come from: docker.io itself, or a mirror's address.",
  },
  mirrors: {
    variable: 'DRYDOCK_MIRRORS',
    schema: derived(folder),
    fallback: '',
    otherwise: 'none',
    meaning:
      'A file of registries that the machine fetches from: lines NAME ADDRESS, or NAME ADDRESS USER PASSWORD-FILE.',
  },
  dockerConfig: {
    variable: 'DRYDOCK_DOCKER_CONFIG',
    schema: derived(folder),
    fallback: '',
    otherwise: 'none',
    meaning:
      'A config.json as docker login writes it: who the machine is at registries that the catalogue’s images come from.',
  },
  mirrorBytes: {
    variable: 'DRYDOCK_MIRROR_SIZE',
    schema: size(64 * 1024 * 1024),
    fallback: '10GiB',
    meaning: 'What is kept of each such registry; what nobody has used for the longest goes.',
  },
  hubWebhooks: {
    variable: 'DRYDOCK_HUB_WEBHOOKS',
    schema: places,
    fallback: '',
    otherwise: "the lab's own hosts",
    meaning:
      'Where webhooks of the hub go besides: names, *.NAME, * for every name; private addresses and ranges; with :PORT.',
  },
  vulnerabilities: {
    variable: 'DRYDOCK_VULNERABILITIES',
    schema: derived(folder),
    fallback: '',
    otherwise: 'in DRYDOCK_DATA',
    meaning:
      'A feed of known vulnerabilities for the hub: the JSON of Debian’s security tracker, or the zip of OSV’s advisories.',
  },
  ociRuntime: {
    variable: 'DRYDOCK_OCI_RUNTIME',
    schema: derived(folder),
    fallback: '',
    otherwise: 'crun, else runc',
    meaning: 'The path of another OCI runtime, such as a newer crun.',
  },
  instance: {
    variable: 'DRYDOCK_INSTANCE',
    schema: derived(z.string().regex(/^[a-z0-9][a-z0-9-]{0,19}$/, 'must be 1 to 20 of a-z, 0-9 and -')),
    fallback: '',
    otherwise: 'from DRYDOCK_RUN',
    meaning: 'Stands in the names of the cgroups, interfaces and mounts that this Drydock makes.',
  },
} as const satisfies Record<string, Definition>;

export type SettingName = keyof typeof definitions;

export type Parsed = { readonly [Name in SettingName]: z.output<(typeof definitions)[Name]['schema']> };

/** Parsed settings; what is null is left to whoever uses it to derive from the machine. */
export type Settings = Omit<Parsed, 'origin' | 'instance'> & { readonly origin: string; readonly instance: string };
