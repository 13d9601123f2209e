// Asks the engine for what checks want to know of Dockerfiles and builds.

import type { DockerClient } from '@drydock/runtime';
import type { ImageDocument } from '@drydock/runtime/dockerfile';
import { z } from 'zod';
import { type Check, everyCheck, hostOf, type Task } from '../../../lessons/schema.ts';
import type { EngineLink } from '../../engine-link.ts';
import type { WatchedHost } from '../../hosts/watched-host.ts';
import { checkWaitMs, maxDockerfileImages } from '../../limits.ts';
import { monotonicMs } from '../../rate-limit.ts';
import { mapOf, orNull } from '../ask.ts';
import type { FileFact, HostFacts } from '../facts.ts';
import type { DearCheck } from '../needs.ts';
import type { BuildFact, DockerfileFact, DockerignoreFact } from './facts.ts';
import { textKey } from './kinds.ts';
import { readDockerfileText, readIgnoreText } from './read.ts';

export interface BuildParts {
  readonly hosts: readonly WatchedHost[];
  readonly link: EngineLink;
  /** The tasks that were done at a moment, in milliseconds since 1970. */
  readonly doneBy: (atMs: number) => ReadonlySet<string>;
}

const checksOf = (tasks: readonly Task[]): readonly Check[] =>
  tasks.flatMap(({ check, slips }) => [check, ...slips.map(({ when }) => when)]).flatMap(everyCheck);

/** Whether a check asks for what hosts have built. */
export function asksForBuilds(tasks: readonly Task[]): boolean {
  return checksOf(tasks).some((check) => 'built' in check);
}

/** `facts` with the builds of the hosts that are asked of. Throws what the engine throws. */
export async function withBuildFacts(
  facts: ReadonlyMap<string, HostFacts>,
  tasks: readonly Task[],
  { hosts, link, doneBy }: BuildParts,
): Promise<ReadonlyMap<string, HostFacts>> {
  const first = hosts[0]?.name ?? '';
  const asked = new Set(checksOf(tasks).flatMap((check) => ('built' in check ? [hostOf(check) ?? first] : [])));
  const builds = await mapOf(asked, async (name): Promise<readonly BuildFact[]> => {
    const host = hosts.find((each) => each.name === name);
    if (host === undefined) return [];
    const all = await link.call((engine) => engine.builds(host.info.name), checkWaitMs);
    return all.map((build) => ({ ...build, doneTasks: doneBy(build.endedAt ?? Number.POSITIVE_INFINITY) }));
  });
  return new Map([...facts].map(([name, its]) => [name, { ...its, builds: builds.get(name) ?? null }]));
}

const inspected = z.object({
  Os: z.string(),
  Architecture: z.string(),
  Config: z.object({
    Env: z.array(z.string()).nullish(),
    WorkingDir: z.string().nullish(),
    User: z.string().nullish(),
    OnBuild: z.array(z.string()).nullish(),
    Shell: z.array(z.string()).nullish(),
  }),
});

/** An image as whoever builds on it needs it; null where the host has none of the name. */
async function documentOf(docker: DockerClient, reference: string): Promise<ImageDocument | null> {
  const path = reference.split('/').map(encodeURIComponent).join('/');
  const answer = await orNull(docker.request('GET', `/images/${path}/json`));
  if (answer === null) return null;
  const { Os: os, Architecture: architecture, Config } = inspected.parse(answer);
  const { Env, WorkingDir, User, OnBuild, Shell } = Config;
  return {
    os,
    architecture,
    config: {
      ...(Env && { Env }),
      ...(WorkingDir && { WorkingDir }),
      ...(User && { User }),
      ...(OnBuild && { OnBuild }),
      ...(Shell && { Shell }),
    },
  };
}

export interface ReadFiles {
  readonly dockerfiles: ReadonlyMap<string, DockerfileFact>;
  readonly ignores: ReadonlyMap<string, DockerignoreFact>;
  /** For how long the whole server waited. */
  readonly blockedMs: number;
}

/** What Dockerfiles and `.dockerignore` files say that are asked for and have text. */
export async function readBuildFiles(
  dear: readonly DearCheck[],
  files: ReadonlyMap<string, FileFact>,
  docker: DockerClient,
): Promise<ReadFiles> {
  let [left, blockedMs] = [maxDockerfileImages, 0];
  const textOf = (path: string): string | null => files.get(path)?.text ?? null;
  const dockerfiles = new Map<string, DockerfileFact>();
  for (const path of new Set(dear.flatMap((check) => ('dockerfile' in check ? [check.dockerfile.path] : [])))) {
    const text = textOf(path);
    if (text === null) continue;
    let sinceMs = monotonicMs();
    const fact = await readDockerfileText(text, async (reference) => {
      blockedMs += monotonicMs() - sinceMs;
      const document = left-- > 0 ? await documentOf(docker, reference) : null;
      sinceMs = monotonicMs();
      return document;
    });
    blockedMs += monotonicMs() - sinceMs;
    dockerfiles.set(path, fact);
  }
  const ignores = new Map<string, DockerignoreFact>();
  const beganMs = monotonicMs();
  for (const path of new Set(dear.flatMap((check) => ('dockerignore' in check ? [check.dockerignore.path] : [])))) {
    const text = textOf(path);
    if (text !== null) ignores.set(path, readIgnoreText(text));
  }
  return { dockerfiles, ignores, blockedMs: blockedMs + monotonicMs() - beganMs };
}

/** Where texts stand in images, by `textKey`. */
export async function textsInImages(
  dear: readonly DearCheck[],
  link: EngineLink,
  host: string,
): Promise<ReadonlyMap<string, string | null>> {
  const wishes = new Map(
    dear.flatMap((check) => {
      if (!('image' in check)) return [];
      const { name: image, without = [] } = check.image;
      return without.map((text) => [textKey(image, text), { image, text }] as const);
    }),
  );
  const found = await mapOf(wishes.keys(), async (key) => {
    const wish = wishes.get(key);
    if (wish === undefined) return undefined;
    // The image may have been removed meanwhile. The event of that makes us look again.
    const told = await orNull(link.call((engine) => engine.findInImage(host, wish), checkWaitMs));
    if (told === null) return undefined;
    const { place, path } = told;
    if (place === 'nowhere') return null;
    return place === 'file' ? `in ${path} of one of its layers` : `in its ${place}`;
  });
  return new Map([...found].flatMap(([key, place]) => (place === undefined ? [] : [[key, place] as const])));
}
