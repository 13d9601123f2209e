// Asks the engine for the facts of costly checks: files, ports, processes, programs, connections.

import type { FilePlace } from '../../lessons/schema.ts';
import type { EngineLink } from '../engine-link.ts';
import { kindOf } from '../errors.ts';
import type { WatchedHost } from '../hosts/watched-host.ts';
import { checkWaitMs, commandCheckMs, maxCheckedFileBytes } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';
import { mapOf, orNull } from './ask.ts';
import { readBuildFiles, textsInImages } from './builds/look.ts';
import { connectionKey } from './connection-check.ts';
import type {
  AnswerFact,
  CommandFact,
  ConnectionFact,
  ContainerFact,
  FileFact,
  HostFacts,
  ProcessFact,
} from './facts.ts';
import { fileKey } from './file-place.ts';
import { askPort } from './http-answer.ts';
import { answerKey, commandKey } from './judge.ts';
import { type DearCheck, fileOf } from './needs.ts';
import { askRegistry, type OwnRegistry } from './registries/ask-registry.ts';
import type { RepositoryFact } from './registries/facts.ts';
import { parseRepository, repositoryKey } from './registries/names.ts';
import { readYamlText, type YamlFact } from './yaml/read.ts';

const decoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

async function homeFile(link: EngineLink, host: string, path: string): Promise<FileFact> {
  try {
    const { bytes } = await link.call((engine) => engine.readFile(host, path), checkWaitMs);
    return { exists: true, text: bytes.length > maxCheckedFileBytes ? null : decoded(bytes) };
  } catch (error) {
    const kind = kindOf(error);
    if (kind === 'notFound') return { exists: false, text: null };
    // A folder, or a file that is too large or may not be read, exists. A link does not count.
    if (kind === 'invalid' || kind === 'tooLarge' || kind === 'forbidden') {
      const slash = path.lastIndexOf('/');
      const folder = await orNull(link.call((engine) => engine.listFiles(host, path.slice(0, Math.max(0, slash)))));
      const entry = folder?.files.find(({ name }) => name === path.slice(slash + 1));
      return { exists: entry?.type === 'folder' || entry?.type === 'file', text: null };
    }
    throw error;
  }
}

/** In a container, a volume or an image; null where it is not known, as of a container that is being removed. */
async function insideFile(
  link: EngineLink,
  host: string,
  { path, container, volume, image }: FilePlace,
): Promise<FileFact | null> {
  const place = {
    path,
    ...(container !== undefined && { container }),
    ...(volume !== undefined && { volume }),
    ...(image !== undefined && { image }),
  };
  try {
    const { type, bytes } = await link.call((engine) => engine.lookInside(host, place), checkWaitMs);
    return { exists: type !== 'other', text: bytes === null ? null : decoded(bytes) };
  } catch (error) {
    if (isNoFile(error)) return { exists: false, text: null };
    if (kindOf(error) === 'conflict') return null;
    throw error;
  }
}

/** Not there, or not for us to look at: a link out, a file of the kernel. */
function isNoFile(error: unknown): boolean {
  return ['notFound', 'invalid', 'forbidden'].includes(kindOf(error) ?? '');
}

/** Whether nothing is in a volume; null where there is none, or it is not known. */
async function isEmpty(link: EngineLink, host: string, volume: string): Promise<boolean | null> {
  try {
    return (await link.call((engine) => engine.lookInside(host, { volume, path: '' }), checkWaitMs)).empty;
  } catch (error) {
    if (isNoFile(error) || kindOf(error) === 'conflict') return null;
    throw error;
  }
}

/** Programs are found where the workspace's image has them; nothing of the student's shell is read. */
const commandEnvironment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/', 'LANG=C.UTF-8'];

/** The exit code that a shell gives for a program that is not there. */
const notThere: CommandFact = { exitCode: 127, output: '' };

async function commandFact(link: EngineLink, host: string, argv: readonly string[]): Promise<CommandFact> {
  const options = { argv, user: 'student', cwd: '/', env: commandEnvironment, timeoutMs: commandCheckMs };
  try {
    const { exitCode, stdout, stderr, timedOut } = await link.call((engine) => engine.run(host, options), checkWaitMs);
    return { exitCode: timedOut ? -1 : exitCode, output: stdout + stderr };
  } catch (error) {
    // The student may have removed it.
    if (kindOf(error) === 'invalid') return notThere;
    throw error;
  }
}

async function processFacts(
  link: EngineLink,
  host: string,
  containers: readonly ContainerFact[],
): Promise<ProcessFact[]> {
  const { processes } = await link.call((engine) => engine.usage(host), checkWaitMs);
  const names = new Map(containers.map(({ id, name }) => [id, name]));
  return processes.map(({ executable, command, container }) => ({
    executable,
    command,
    container: container === null ? null : (names.get(container) ?? container),
  }));
}

function withoutNull<K, V>(all: ReadonlyMap<K, V | null>): ReadonlyMap<K, V> {
  return new Map([...all].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
}

/** What files of YAML say, of those that have text. The whole server waits meanwhile. */
function yamlFacts(dear: readonly DearCheck[], files: ReadonlyMap<string, FileFact>): ReadonlyMap<string, YamlFact> {
  const keys = new Set(
    dear.flatMap((check) => ('yaml' in check ? [check.yaml] : 'compose' in check ? [check.compose] : [])).map(fileKey),
  );
  return new Map(
    [...keys].flatMap((key) => {
      const text = files.get(key)?.text ?? null;
      return text === null ? [] : [[key, readYamlText(text)] as const];
    }),
  );
}

/** The registries of the student's own that are asked, by `repositoryKey`. */
function ownRegistries(dear: readonly DearCheck[]): ReadonlyMap<string, OwnRegistry> {
  const registries = new Map<string, OwnRegistry>();
  for (const check of dear) {
    if (!('repository' in check)) continue;
    const { name, tls = false, login, tag, tags = [], sameTag, otherThanTag } = check.repository;
    const key = repositoryKey(check.repository);
    const before = registries.get(key)?.tags ?? [];
    const those = [...before, ...tags, ...[tag, sameTag, otherThanTag].filter((one) => one !== undefined)];
    registries.set(key, { ...parseRepository(name), tls, login, tags: [...new Set(those)] });
  }
  return registries;
}

/** The machine and port of a registry: another host of the lab where it is called so, else the one that asks. */
function doorOf(
  registry: string,
  tls: boolean,
  asking: string,
  hosts: readonly WatchedHost[],
): { readonly machine: string; readonly port: number } {
  const [, called = registry, port = tls ? '443' : '80'] = /^(.*?)(?::(\d+))?$/.exec(registry) ?? [];
  return { machine: hosts.find(({ name }) => name === called)?.info.name ?? asking, port: Number(port) };
}

export interface CloseLookParts {
  /** All of the lab's. */
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  readonly signal: AbortSignal;
}

/** `facts` with what costly checks ask for, and for how long the whole server waited for it. Throws what the engine throws. */
export async function withDearFacts(
  host: WatchedHost,
  facts: HostFacts,
  dear: readonly DearCheck[],
  { link, signal, hosts }: CloseLookParts,
): Promise<{ readonly facts: HostFacts; readonly blockedMs: number }> {
  const { name } = host.info;
  const places = new Map(
    dear.flatMap((check) => {
      const place = fileOf(check);
      return place === null ? [] : [[fileKey(place), place] as const];
    }),
  );
  const wishes = dear.flatMap((check) => ('connection' in check ? [check.connection] : []));
  const connections = new Map(wishes.map((wish) => [connectionKey(wish), wish]));
  const ports = dear.flatMap((check) => ('http' in check ? [check.http] : []));
  const commands = dear.flatMap((check) => ('command' in check ? [check.command.run] : []));
  const asked = new Map(ports.map(({ port, path }) => [answerKey(port, path), { port: Number(port), path }]));
  const run = new Map(commands.map((argv) => [commandKey(argv), argv]));
  const answer = async (key: string): Promise<AnswerFact> => {
    const { port, path } = asked.get(key) ?? { port: 0, path: '/' };
    return askPort((ending) => link.call((engine) => engine.dial(name, port, ending), checkWaitMs), path, signal);
  };
  const file = async (key: string): Promise<FileFact | null> => {
    const place = places.get(key) ?? { path: key };
    const isInside = (place.container ?? place.volume ?? place.image) !== undefined;
    return isInside ? insideFile(link, name, place) : homeFile(link, name, place.path);
  };
  const connect = async (key: string): Promise<ConnectionFact> => {
    const { from, to, port } = connections.get(key) ?? { from: '', to: '', port: '0' };
    return link.call((engine) => engine.tryConnection(name, { from, to, port: Number(port) }), checkWaitMs);
  };
  const registries = ownRegistries(dear);
  const registry = async (key: string): Promise<RepositoryFact> => {
    const own = registries.get(key);
    if (own === undefined) throw new Error(`look: no registry ${key}`);
    const { machine, port } = doorOf(own.registry, own.tls, name, hosts);
    return askRegistry(own, (ending) => link.call((engine) => engine.dial(machine, port, ending), checkWaitMs), signal);
  };
  const files = withoutNull(await mapOf(places.keys(), file));
  const volumes = dear.flatMap((check) => ('volume' in check ? [check.volume.name] : []));
  const beganMs = monotonicMs();
  const yaml = yamlFacts(dear, files);
  const yamlMs = monotonicMs() - beganMs;
  const { dockerfiles, ignores, blockedMs } = await readBuildFiles(dear, files, host.docker);
  const found = {
    ...facts,
    files,
    yaml,
    dockerfiles,
    ignores,
    textsInImages: await textsInImages(dear, link, name),
    emptyVolumes: withoutNull(await mapOf(new Set(volumes), (volume) => isEmpty(link, name, volume))),
    connections: await mapOf(connections.keys(), connect),
    answers: await mapOf(asked.keys(), answer),
    repositories: new Map([...facts.repositories, ...(await mapOf(registries.keys(), registry))]),
    commands: await mapOf(run.keys(), (key) => commandFact(link, name, run.get(key) ?? [])),
    processes: dear.some((check) => 'process' in check) ? await processFacts(link, name, facts.containers) : null,
  };
  return { facts: found, blockedMs: yamlMs + blockedMs };
}
