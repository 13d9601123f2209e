// What stages begin with: images are looked up, with their configuration, and named contexts are put in their place.

import { parseReference, type Reference, withDefaultTag } from '../../../images/reference.ts';
import { parseGitReference } from '../git-reference.ts';
import { baseName } from '../go-text.ts';
import { emptyImage, type ImageDocument, platformOf } from '../image-document.ts';
import { says } from '../lint-rules.ts';
import { formatWholePlatform, normalPlatform, type Platform } from '../platforms.ts';
import { LanguageError, located, wrapped } from '../source.ts';
import type { GitStep, HttpStep, ImageStep, Tree } from '../steps.ts';
import { withSuggestion } from '../suggest.ts';
import { addTriggers, neededStages } from './commands.ts';
import { internalStep, type LocalDraft, type PlanContext, type Surroundings } from './context.ts';
import { ImageDraft } from './image-draft.ts';
import { type NamedContext, namedContext } from './named-contexts.ts';
import type { Stage } from './stage.ts';

/** What people mean when they mistype an image. */
const commonImages = ['alpine', 'busybox', 'centos', 'debian', 'golang', 'ubuntu', 'fedora'].flatMap((name) => [
  ...[name, `docker.io/library${name}`, `${name}:latest`, `docker.io/library${name}:latest`],
]);

/** `docker.io/library/busybox:latest@sha256:…` */
function fullName({ domain, path, tag, digest }: Reference): string {
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

interface Found {
  readonly tree: Tree;
  /** Null where the context has no configuration. */
  readonly document: ImageDocument | null;
}

class Resolver {
  readonly #context: PlanContext;
  readonly #surroundings: Surroundings;

  constructor(context: PlanContext, surroundings: Surroundings) {
    this.#context = context;
    this.#surroundings = surroundings;
  }

  /** Finds what a stage begins with. One that is not needed has its name checked. */
  async resolve(stage: Stage, isNeeded: boolean): Promise<void> {
    try {
      await this.#resolve(stage, isNeeded);
    } catch (error) {
      throw stage.location ? located(error, stage.location) : error;
    }
    // Nothing of its own is done in it.
    if (stage.isImplicit) stage.isDone = true;
  }

  async #resolve(stage: Stage, isNeeded: boolean): Promise<void> {
    const { options, platforms } = this.#context;
    const written = stage.baseName;
    const reference = withDefaultTag(referenceOf(written));
    stage.baseName = fullName(reference);
    if (!isNeeded) return;
    const platform = stage.platform ?? platforms.target;
    if (stage.context) {
      const found = await this.#load(stage.context, stage, platform);
      stage.tree = found.tree;
      stage.isDone = true;
      const document = found.document ?? { architecture: '', os: '' };
      stage.image = new ImageDraft(withoutDate(document));
      if (document.architecture !== '' && document.os !== '') stage.platform = platformOf(document);
      return;
    }
    const context = namedContext(options.contexts, stage.baseName, platform);
    if (!context) return await this.#resolveImage(stage, written, reference, platform);
    const found = await this.#load(context, stage, platform);
    const document = found.document ?? emptyImage(platform);
    stage.baseImage = document;
    stage.image = new ImageDraft(withoutDate(document));
    stage.tree = found.tree;
    stage.platform = platform;
  }

  async #resolveImage(stage: Stage, written: string, reference: Reference, asked: Platform): Promise<void> {
    const { options, platforms, stages, lint } = this.#context;
    const shown = options.isMultiPlatform ? `${formatWholePlatform(asked)} ` : '';
    const name = `[${shown}internal] load metadata for ${stage.baseName}`;
    const { digest, document } = await this.#surroundings
      .resolveImage({ reference: stage.baseName, platform: asked, name, layout: null })
      .catch((error: unknown) => {
        const failure = wrapped(written, error);
        const message = withSuggestion(failure.message, written, [...stages.names, ...commonImages]);
        throw new LanguageError(message, failure.locations, { cause: error });
      });
    // Where nobody asked for a platform, it is the image's, if this machine has it.
    const isOwn = document.os === platforms.build.os && document.architecture === platforms.build.architecture;
    const platform = stage.platform === null && platforms.isImplicit && isOwn ? platforms.build : asked;
    stage.platform = platform;
    stage.baseImage = document;
    stage.image = new ImageDraft(withoutDate(document));
    stage.baseName = fullName(digest === null ? reference : { ...reference, digest });
    if (!hasLayers(document)) return;
    const { location, code: instruction } = stage;
    stage.tree = {
      kind: 'image',
      name: stage.nextStepName(`FROM ${stage.baseName}`, options.isMultiPlatform),
      instruction,
      location,
      platform,
      ignoreCache: false,
      reference: stage.baseName,
      layout: null,
    } satisfies ImageStep;
    if (platform.os === document.os && platform.architecture === document.architecture) return;
    const expected = formatWholePlatform(normalPlatform(platform));
    const actual = formatWholePlatform(normalPlatform(platformOf(document)));
    lint.warn('InvalidBaseImagePlatform', location, says.invalidBaseImagePlatform(written, expected, actual));
  }

  async #load(context: NamedContext, stage: Stage, platform: Platform): Promise<Found> {
    switch (context.kind) {
      case 'scratch':
        return { tree: null, document: null };
      case 'image':
        return await this.#loadImage(context, context.reference, platform);
      case 'layout':
        return await this.#loadImage(
          context,
          `${context.name.split('::')[0]}@${context.digest}`,
          platform,
          context.store,
        );
      case 'local': {
        const step: LocalDraft = {
          ...internalStep(`[context ${context.name}] load from client`, platform),
          kind: 'local',
          local: context.local,
          isNamed: true,
          paths: null,
        };
        this.#context.locals.set(step, stage.paths);
        return { tree: step, document: null };
      }
      case 'remote':
        return { tree: remoteStep(context, platform), document: null };
      case 'result': {
        const document = await this.#surroundings.resolveInput(context.result);
        return { tree: { ...internalStep('', platform), kind: 'input', input: context.result }, document };
      }
    }
  }

  async #loadImage(
    { name }: NamedContext,
    written: string,
    platform: Platform,
    layout: string | null = null,
  ): Promise<Found> {
    const reference = withDefaultTag(parsed(written));
    const { digest, document } = await this.#surroundings.resolveImage({
      reference: fullName(reference),
      platform,
      name: `[context ${name}] load metadata for ${written}`,
      layout,
    });
    const full = fullName(digest === null ? reference : { ...reference, digest });
    const shown = layout === null ? written : 'OCI load from client';
    const tree: ImageStep = {
      ...internalStep(`[context ${name}] ${shown}`, platform),
      kind: 'image',
      reference: full,
      layout,
    };
    return { tree, document };
  }
}

/** The repository or file that a named context is. */
function remoteStep({ name, input }: NamedContext, platform: Platform): GitStep | HttpStep {
  const git = parseGitReference(input);
  if (git)
    return {
      ...internalStep(`[internal] load git source ${input}`, platform),
      kind: 'git',
      remote: git.remote,
      ref: git.ref,
      checksum: git.checksum,
      subdirectory: git.subdirectory,
      keepGitDir: git.keepGitDir ?? false,
      submodules: git.submodules ?? true,
    };
  if (!/^https?:\/\//.test(input)) throw new LanguageError(`invalid git context ${input}`);
  return {
    ...internalStep(`[context ${name}] ${input}`, platform),
    kind: 'http',
    url: input,
    filename: baseName(new URL(input).pathname),
    checksum: '',
  };
}

/** With BuildKit's words. */
function referenceOf(written: string): Reference {
  try {
    return parsed(written);
  } catch (error) {
    throw wrapped(`failed to parse stage name ${JSON.stringify(written)}`, error);
  }
}

function parsed(written: string): Reference {
  try {
    return parseReference(written);
  } catch (error) {
    throw new LanguageError(error instanceof Error ? error.message : String(error), [], { cause: error });
  }
}

/** When the base was made says nothing of what is built on it. */
function withoutDate({ created: _created, ...document }: ImageDocument): ImageDocument {
  return document;
}

/** An image without layers is an empty file system. */
function hasLayers({ rootfs, history }: ImageDocument): boolean {
  return (rootfs?.diff_ids.length ?? 0) > 0 || (history ?? []).some(({ empty_layer }) => empty_layer !== true);
}

/** Resolves the stages that `wanted` need, and puts in the triggers of their bases. Returns those that are needed. Throws LanguageError. */
export async function resolveStages(
  context: PlanContext,
  surroundings: Surroundings,
  wanted: readonly Stage[],
): Promise<ReadonlySet<Stage>> {
  const { stages, platforms } = context;
  const resolver = new Resolver(context, surroundings);
  for (;;) {
    const needed = neededStages(wanted);
    const open: Promise<void>[] = [];
    for (const stage of [...stages.all]) {
      if (stage.base || stage.isDone || stage.isResolved) continue;
      const isNeeded = needed.has(stage);
      stage.isResolved = isNeeded;
      if (stage.baseName === 'scratch' && !stage.context) {
        stage.image = new ImageDraft(emptyImage(platforms.target));
        stage.platform = platforms.target;
        if (stage.isImplicit) stage.isDone = true;
      } else open.push(resolver.resolve(stage, isNeeded));
    }
    await Promise.all(open);
    let isLarger = false;
    for (const stage of needed) if (addBaseTriggers(stage, context)) isLarger = true;
    if (!isLarger) return needed;
  }
}

/** Puts in the triggers of the stage or image that a stage begins with, once. True where they need stages that were not known. */
function addBaseTriggers(stage: Stage, context: PlanContext): boolean {
  const { base, image } = stage;
  if (stage.hasTriggers || (!base && !image)) return false;
  stage.hasTriggers = true;
  const triggers = base
    ? base.commands.flatMap(({ instruction }) => (instruction.kind === 'onbuild' ? [instruction.expression] : []))
    : (image?.triggers ?? []);
  if (image) image.triggers = [];
  return triggers.length > 0 && addTriggers(stage, triggers, context);
}
