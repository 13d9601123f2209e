// The client of a running engine: every call of `EngineClient` over the engine's socket, and each host's Docker API.
// Answers come from our own engine, so their shapes are trusted as `client.ts` declares them.

import type { Duplex } from 'node:stream';
import type {
  CheckReport,
  CommandOptions,
  CommandResult,
  ContainerRun,
  DockerClient,
  DockerEvent,
  EngineClient,
  EngineStatus,
  HostInfo,
  HostOptions,
  LoopReport,
  SnapshotInfo,
  TerminalConnection,
  TerminalInfo,
  TerminalOptions,
} from './client.ts';
import type { ImageBuild } from './client-builds.ts';
import type { FileContent, HostFolder, WriteOptions } from './client-files.ts';
import { UnixHttp } from './client-http.ts';
import { type HubClient, hubClient } from './client-hub.ts';
import type {
  BaseTold,
  ConnectionTold,
  ConnectionWish,
  ImageText,
  ImageTextTold,
  InsideEntry,
  InsidePlace,
} from './client-inside.ts';
import type { ImageMove, TrafficNews } from './client-traffic.ts';
import type { HostUsage } from './client-usage.ts';
import { EngineError } from './errors.ts';
import { Turnstile } from './turnstile.ts';

/** A line longer than this is no event of ours. */
const maxEventBytes = 1024 * 1024;
const dockerApi = '/v1.51';
/**
 * Commands that run at once in one host, and in all: a program may hang until its time is over, and must not keep other
 * hosts' calls waiting, nor their commands. A lesson's checks run one or two.
 */
const maxCommandsPerHost = 4;
const maxCommands = 512;

/** The objects of a stream of JSON, one on each line. */
async function* objectsOf<T>(body: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<T> {
  let rest = '';
  const decoder = new TextDecoder();
  try {
    for await (const piece of body) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxEventBytes) throw new EngineError('tooLarge', 'an event is too large');
      for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
    }
  } catch (error) {
    // The engine went, or the caller did: both end the events.
    if (error instanceof EngineError || error instanceof SyntaxError) throw error;
    if (
      !signal.aborted &&
      !['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String((error as { code?: string }).code))
    )
      throw error;
  }
}

/** One turn for each line; ends when the engine goes or the caller does. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<void> {
  try {
    for await (const piece of body) if (piece.length > 0) yield;
  } catch {
    // The engine went, or the caller did: both end the turns.
  }
}

class HostDocker implements DockerClient {
  readonly #http: UnixHttp;

  constructor(socketPath: string) {
    this.#http = new UnixHttp(socketPath);
  }

  async request(method: string, path: string, body?: object): Promise<unknown> {
    return await this.#http.json(method, path.startsWith('/v1.') ? path : `${dockerApi}${path}`, body);
  }

  async events(signal: AbortSignal): Promise<AsyncIterable<DockerEvent>> {
    return objectsOf<DockerEvent>(await this.#http.stream(`${dockerApi}/events`, signal), signal);
  }
}

class SocketEngine implements EngineClient {
  readonly #http: UnixHttp;
  /** Connections of their own for what may take long. */
  readonly #commands: UnixHttp;
  readonly #turnstile = new Turnstile({ perKey: maxCommandsPerHost, inAll: maxCommands });
  /** One for each socket, so that its connections are kept. */
  readonly #dockers = new Map<string, HostDocker>();

  readonly hub: HubClient = hubClient((method, path, body) => this.#call(method, path, body));

  constructor(socketPath: string) {
    this.#http = new UnixHttp(socketPath);
    this.#commands = new UnixHttp(socketPath, maxCommands);
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    return (await this.#http.json(method, path, body)) as Answer;
  }

  status(): Promise<EngineStatus> {
    return this.#call('GET', '/status');
  }

  loop(since: number): Promise<LoopReport> {
    return this.#call('GET', `/loop?since=${Math.floor(since)}`);
  }

  check(): Promise<CheckReport> {
    return this.#call('POST', '/check');
  }

  async reloadCatalogue(): Promise<void> {
    await this.#call('POST', '/catalogue/reload');
  }

  buildCatalogue(names: readonly string[], { again = false } = {}): Promise<readonly string[]> {
    return this.#call('POST', '/catalogue/build', { names, again });
  }

  hosts(): Promise<readonly HostInfo[]> {
    return this.#call('GET', '/hosts');
  }

  host(name: string): Promise<HostInfo> {
    return this.#call('GET', hostPath(name));
  }

  createHost(name: string, options?: HostOptions): Promise<HostInfo> {
    return this.#call('POST', '/hosts', { name, ...options });
  }

  startHost(name: string): Promise<HostInfo> {
    return this.#call('POST', `${hostPath(name)}/start`);
  }

  removeHost(name: string): Promise<void> {
    return this.#call('DELETE', hostPath(name));
  }

  resetHost(name: string): Promise<HostInfo> {
    return this.#call('POST', `${hostPath(name)}/reset`);
  }

  takeSnapshot(host: string, id: string): Promise<SnapshotInfo> {
    return this.#call('PUT', snapshotPath(host, id));
  }

  restoreSnapshot(host: string, id: string): Promise<HostInfo> {
    return this.#call('POST', `${snapshotPath(host, id)}/restore`);
  }

  snapshots(host: string): Promise<readonly SnapshotInfo[]> {
    return this.#call('GET', `${hostPath(host)}/snapshots`);
  }

  removeSnapshot(host: string, id: string): Promise<void> {
    return this.#call('DELETE', snapshotPath(host, id));
  }

  freezeHost(host: string): Promise<HostInfo> {
    return this.#call('POST', `${hostPath(host)}/freeze`);
  }

  thawHost(host: string): Promise<HostInfo> {
    return this.#call('POST', `${hostPath(host)}/thaw`);
  }

  storeHost(host: string): Promise<void> {
    return this.#call('POST', `${hostPath(host)}/store`);
  }

  openTerminal(host: string, options: TerminalOptions): Promise<TerminalInfo> {
    return this.#call('POST', `${hostPath(host)}/terminals`, options);
  }

  terminals(host: string): Promise<readonly TerminalInfo[]> {
    return this.#call('GET', `${hostPath(host)}/terminals`);
  }

  resizeTerminal(host: string, id: string, rows: number, columns: number): Promise<void> {
    return this.#call('POST', `${terminalPath(host, id)}/resize`, { rows, columns });
  }

  closeTerminal(host: string, id: string): Promise<void> {
    return this.#call('DELETE', terminalPath(host, id));
  }

  async attachTerminal(host: string, id: string, from: number, signal: AbortSignal): Promise<TerminalConnection> {
    const { headers, socket } = await this.#http.upgrade(`${terminalPath(host, id)}/attach?from=${from}`, signal);
    return { offset: Number(headers['drydock-offset'] ?? from), stream: socket };
  }

  run(host: string, { stdin, ...options }: CommandOptions): Promise<CommandResult> {
    const body = { ...options, ...(stdin && { stdin: Buffer.from(stdin).toString('base64') }) };
    const path = `${hostPath(host)}/run`;
    // As `#call`, over the other connections.
    return this.#turnstile.pass(host, async () => (await this.#commands.json('POST', path, body)) as CommandResult);
  }

  runs(host: string): Promise<readonly ContainerRun[]> {
    return this.#call('GET', `${hostPath(host)}/runs`);
  }

  usage(host: string): Promise<HostUsage> {
    return this.#call('GET', `${hostPath(host)}/usage`);
  }

  listFiles(host: string, path: string): Promise<HostFolder> {
    return this.#call('POST', `${hostPath(host)}/files/list`, { path });
  }

  async readFile(host: string, path: string): Promise<FileContent> {
    const { base64, version } = await this.#call<{ base64: string; version: string }>(
      'POST',
      `${hostPath(host)}/files/read`,
      { path },
    );
    return { bytes: Buffer.from(base64, 'base64'), version };
  }

  writeFile(host: string, path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<{ version: string }> {
    const base64 = Buffer.from(bytes).toString('base64');
    return this.#call('POST', `${hostPath(host)}/files/write`, { ...options, path, base64 });
  }

  makeDirectory(host: string, path: string): Promise<void> {
    return this.#call('POST', `${hostPath(host)}/files/make`, { path });
  }

  removePath(host: string, path: string): Promise<void> {
    return this.#call('POST', `${hostPath(host)}/files/remove`, { path });
  }

  renamePath(host: string, from: string, to: string): Promise<void> {
    return this.#call('POST', `${hostPath(host)}/files/rename`, { path: from, to });
  }

  async watchFiles(host: string, signal: AbortSignal): Promise<AsyncIterable<void>> {
    return linesOf(await this.#http.stream(`${hostPath(host)}/files/watch`, signal));
  }

  async dial(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    const { socket } = await this.#http.upgrade(`${hostPath(host)}/dial?port=${port}`, signal, { halfOpen: true });
    return socket;
  }

  async lookInside(host: string, place: InsidePlace): Promise<InsideEntry> {
    const path = `${hostPath(host)}/inside/look`;
    const { base64, ...entry } = await this.#call<Omit<InsideEntry, 'bytes'> & { base64: string | null }>(
      'POST',
      path,
      place,
    );
    return { ...entry, bytes: base64 === null ? null : Buffer.from(base64, 'base64') };
  }

  tryConnection(host: string, wish: ConnectionWish): Promise<ConnectionTold> {
    return this.#call('POST', `${hostPath(host)}/inside/connect`, wish);
  }

  moves(host: string): Promise<readonly ImageMove[]> {
    return this.#call('GET', `${hostPath(host)}/moves`);
  }

  builds(host: string): Promise<readonly ImageBuild[]> {
    return this.#call('GET', `${hostPath(host)}/builds`);
  }

  findInImage(host: string, wish: ImageText): Promise<ImageTextTold> {
    return this.#call('POST', `${hostPath(host)}/inside/search`, wish);
  }

  async baseImage(host: string, image: string): Promise<BaseTold | null> {
    return (await this.#call<{ base: BaseTold | null }>('POST', `${hostPath(host)}/inside/base`, { image })).base;
  }

  async traffic(
    { hosts, namespaces }: { readonly hosts: readonly string[]; readonly namespaces: readonly string[] },
    signal: AbortSignal,
  ): Promise<AsyncIterable<TrafficNews>> {
    const query = new URLSearchParams([
      ...hosts.map((host) => ['host', host]),
      ...namespaces.map((namespace) => ['namespace', namespace]),
    ]);
    return objectsOf<TrafficNews>(await this.#http.stream(`/traffic?${query}`, signal), signal);
  }

  docker(host: HostInfo): DockerClient {
    const known = this.#dockers.get(host.dockerSocket);
    if (known) return known;
    const docker = new HostDocker(host.dockerSocket);
    // The oldest go: hosts come and go, and a client that is still used lives on with who uses it.
    const [oldest] = this.#dockers.keys();
    if (oldest !== undefined && this.#dockers.size >= 1024) this.#dockers.delete(oldest);
    this.#dockers.set(host.dockerSocket, docker);
    return docker;
  }

  shutdown(): Promise<void> {
    return this.#call('POST', '/shutdown');
  }
}

function hostPath(name: string): string {
  if (name === '') throw new EngineError('invalid', 'a host has a name');
  return `/hosts/${encodeURIComponent(name)}`;
}

function terminalPath(host: string, id: string): string {
  return `${hostPath(host)}/terminals/${encodeURIComponent(id)}`;
}

function snapshotPath(host: string, id: string): string {
  return `${hostPath(host)}/snapshots/${encodeURIComponent(id)}`;
}

/** A client of the engine behind a socket. Connects with the first call; a client outlives restarts of its engine. */
export function connectEngine(socketPath: string): EngineClient {
  return new SocketEngine(socketPath);
}
