// What a Dockerfile means and what is wrong with it, without building it: for whoever judges or shows one while it is written.

import type { ImageDocument } from './image-document.ts';
import type { Instruction } from './instructions.ts';
import type { Warning } from './lint.ts';
import { buildOptions } from './options.ts';
import { planBuild } from './plan/build-plan.ts';
import type { Stage } from './plan/stage.ts';
import { LanguageError, type Location } from './source.ts';

/** What a Dockerfile is read with. */
export interface Reading {
  /** The machine's, in Docker's word: `amd64`. */
  readonly architecture: string;
  /** The configuration of an image by its full name, `docker.io/library/node:22`; null where nobody here knows it. */
  documentOf(reference: string): Promise<ImageDocument | null>;
  /** Of the `.dockerignore` beside it. */
  ignorePatterns(): Promise<readonly string[]>;
}

/** A stage, with its variables put in. */
export interface ReadStage {
  /** Empty where it has none. */
  readonly name: string;
  /** What it begins with: `docker.io/library/node:22`, `scratch`, or the name of another stage. */
  readonly base: string;
  readonly location: Location;
  readonly instructions: readonly Instruction[];
}

export interface ReadDockerfile {
  /** Why it cannot be built, in BuildKit's words, and where; null where it can. */
  readonly error: { readonly message: string; readonly location: Location | null } | null;
  readonly warnings: readonly Warning[];
  /** Those of the file, in its order; none where it cannot be built. */
  readonly stages: readonly ReadStage[];
}

/** Of an image that nobody here knows: its working directory may be any. */
const unknownImage = (architecture: string): ImageDocument => ({
  os: 'linux',
  architecture,
  config: { WorkingDir: '/' },
});

/**
 * Never fails for what stands in `text`; throws what `reading` throws. Where an image is not known, variables that nothing defines are
 * not warned of: the image may.
 */
export async function readDockerfile(text: string, reading: Reading): Promise<ReadDockerfile> {
  const { architecture } = reading;
  const options = buildOptions(new Map(), { os: 'linux', architecture });
  const warnings: Warning[] = [];
  let knowsAll = true;
  const failures: unknown[] = [];
  const asked = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      failures.push(error);
      throw error;
    }
  };
  const told = () => warnings.filter(({ rule }) => knowsAll || rule !== 'UndefinedVar');
  try {
    const { stages } = await planBuild(
      {
        text,
        options,
        platform: null,
        mainContext: null,
        allStages: true,
        warn: (warning) => warnings.push(warning),
      },
      {
        resolveImage: async ({ reference }) => {
          const document = await asked(() => reading.documentOf(reference));
          if (document === null) knowsAll = false;
          return { digest: null, document: document ?? unknownImage(architecture) };
        },
        resolveInput: () => Promise.reject(new LanguageError('there are no other builds here')),
        ignorePatterns: () => asked(() => reading.ignorePatterns()),
      },
    );
    return { error: null, warnings: told(), stages: stages.flatMap(readStage) };
  } catch (error) {
    if (failures.length > 0) throw failures[0];
    const locations = error instanceof LanguageError ? error.locations : [];
    const message = error instanceof Error ? error.message : String(error);
    return { error: { message, location: locations[0] ?? null }, warnings: told(), stages: [] };
  }
}

/** None of an image that is only copied from. */
function readStage({ isImplicit, name, base, baseName, location, applied }: Stage): ReadStage[] {
  if (isImplicit || location === null) return [];
  const instructions = applied.flatMap(({ command, meant }) => (command.isOnbuild ? [] : [meant]));
  return [{ name, base: base?.shownName ?? baseName, location, instructions }];
}
