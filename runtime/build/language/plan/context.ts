// What all parts of planning share, and what they ask of the world.

import type { Expansion, LexerOptions, Variables } from '../expansion.ts';
import type { ExpansionBudget } from '../expansion-budget.ts';
import type { ImageDocument } from '../image-document.ts';
import type { Linter } from '../lint.ts';
import type { BuildOptions } from '../options.ts';
import type { PatternMatcher } from '../pattern-matcher.ts';
import type { Platform } from '../platforms.ts';
import type { Location } from '../source.ts';
import type { LocalStep, Step } from '../steps.ts';
import { expand } from '../words.ts';
import type { Stages } from './stage.ts';

export interface ResolvedImage {
  /** `sha256:…`; null where the image is only known by its name. */
  readonly digest: string | null;
  readonly document: ImageDocument;
}

export interface ImageRequest {
  /** `docker.io/library/busybox:latest` */
  readonly reference: string;
  readonly platform: Platform;
  /** What progress shows while it is looked up: `[internal] load metadata for …`. */
  readonly name: string;
  /** The name of an OCI layout that the client has it in; null for a registry. */
  readonly layout: string | null;
}

/** What a plan must know of the world. Its errors are told as they are, with the place that asked. */
export interface Surroundings {
  resolveImage(request: ImageRequest): Promise<ResolvedImage>;
  /** The configuration of another build's result; null where it has none. */
  resolveInput(name: string): Promise<ImageDocument | null>;
  /** The patterns of the build context's `.dockerignore`. Asked for once at most. */
  ignorePatterns(): Promise<readonly string[]>;
  /** Called when the images that stages begin with are known, before their instructions are applied. */
  imagesResolved?(): Promise<void>;
  /** Lets others have the processor: a plan may take long. Called between its parts, each of which takes 20 ms at most. */
  pause?(): Promise<void>;
}

/** Platforms of one plan. */
export interface PlanPlatforms {
  readonly build: Platform;
  readonly target: Platform;
  /** Nobody asked for the target: it may become that of the base. */
  readonly isImplicit: boolean;
}

export interface PlanContext {
  readonly options: BuildOptions;
  readonly platforms: PlanPlatforms;
  readonly lint: Linter;
  readonly budget: ExpansionBudget;
  /** The file's escape character. */
  readonly escapeWith: string;
  /** The arguments before the first FROM, and those of the platform. */
  readonly globals: ReadonlyMap<string, string>;
  readonly stages: Stages;
  /** The client's files, or what it named in their place. */
  readonly buildContext: Step;
  /** What `.dockerignore` leaves out; null where it leaves nothing out, or nobody asks. */
  readonly ignored: PatternMatcher | null;
  readonly proxies: ReadonlyMap<string, string>;
  /** Local contexts, and what is taken of each: what they ask for is known at the end. */
  readonly locals: Map<LocalDraft, ReadonlySet<string>>;
  /** Called before each command is applied: pauses now and then. */
  readonly applied: () => Promise<void> | undefined;
}

/** A local context while its `paths` grow. */
export type LocalDraft = { -readonly [Key in keyof LocalStep]: LocalStep[Key] };

/** Expands with the file's escape character. */
export function expandIn(
  { escapeWith, budget }: Pick<PlanContext, 'escapeWith' | 'budget'>,
  source: string,
  variables: Variables,
  more: Partial<LexerOptions> = {},
): Expansion {
  return expand(source, variables, { escapeWith, budget, ...more });
}

/** A step that nobody wrote. */
export const internalStep = (name: string, platform: Platform) => ({
  name,
  instruction: '',
  location: null as Location | null,
  platform,
  ignoreCache: false,
});
