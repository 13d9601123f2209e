// Which images a Dockerfile is built on: by planning it as the builder does, with nothing but names.

import { emptyImage } from '../build/language/image-document.ts';
import { buildOptions } from '../build/language/options.ts';
import { planBuild } from '../build/language/plan/build-plan.ts';
import { LanguageError } from '../build/language/source.ts';
import { EngineError } from '../errors.ts';
import { goArchitecture } from '../images/architecture.ts';
import { digestOf } from '../store/blobs.ts';

/** References as `docker.io/library/debian:13`, each once. `file` stands in front of what is wrong. Throws invalid, with the line. */
export async function imagesOfDockerfile(
  text: string,
  args: Readonly<Record<string, string>>,
  file: string,
): Promise<readonly string[]> {
  const references = new Set<string>();
  try {
    const attributes = new Map(Object.entries(args).map(([name, value]) => [`build-arg:${name}`, value]));
    await planBuild(
      {
        text,
        options: buildOptions(attributes, { os: 'linux', architecture: goArchitecture }),
        platform: null,
        mainContext: null,
        allStages: false,
        warn: () => undefined,
      },
      {
        resolveImage: ({ reference, platform }) => {
          references.add(reference);
          // With a layer, so that the plan has a step for it.
          const rootfs = { type: 'layers', diff_ids: [digestOf(reference)] };
          return Promise.resolve({ digest: null, document: { ...emptyImage(platform), rootfs } });
        },
        resolveInput: () => Promise.resolve(null),
        ignorePatterns: () => Promise.resolve([]),
      },
    );
    return [...references];
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    const line = error.locations[0]?.first ?? 1;
    throw new EngineError('invalid', `${file}:${line}: ${error.message}`, { cause: error });
  }
}
