// A stage while it is planned: what is known of it, and what its instructions have done so far. Images that are only copied
// or mounted from are stages too, without instructions.

import { Environment } from '../environment.ts';
import type { ImageDocument } from '../image-document.ts';
import type { Argument, Instruction } from '../instructions.ts';
import { formatWholePlatform, normalPlatform, type Platform, parsePlatform } from '../platforms.ts';
import { LanguageError, type Location } from '../source.ts';
import type { Tree } from '../steps.ts';
import { ImageDraft } from './image-draft.ts';
import type { NamedContext } from './named-contexts.ts';
import { Outline } from './outline.ts';

/** An instruction, and the stages that it takes files from: one for COPY, one for each mount of RUN. */
export interface Command {
  readonly instruction: Instruction;
  readonly sources: readonly Stage[];
  readonly isOnbuild: boolean;
}

/** A command that was applied, and the tree that it left. */
export interface Applied {
  readonly command: Command;
  /** Its instruction with variables put in, as far as they are the builder's to put in. */
  readonly meant: Instruction;
  readonly tree: Tree;
}

export class Stage {
  /** Empty where it has none. */
  readonly name: string;
  /** In progress: its name, or `stage-0`; empty where it is the only one. */
  shownName: string;
  readonly location: Location | null;
  /** A stage, or an image: its full reference, once it is known. */
  baseName: string;
  /** What FROM says; empty for one that is only copied from. */
  readonly code: string;
  readonly description: string;
  /** It is not in the Dockerfile as a stage. */
  readonly isImplicit: boolean;

  base: Stage | null = null;
  context: NamedContext | null = null;
  platform: Platform | null = null;
  ignoreCache = false;
  commands: readonly Command[] = [];
  readonly applied: Applied[] = [];
  /** The stages that its commands need, and which command needs each. */
  readonly needs = new Map<Stage, Instruction>();

  isResolved = false;
  /** Its commands have been applied, or it has none. */
  isDone = false;
  hasTriggers = false;

  stepTotal = 0;
  #stepIndex = 0;
  /** A command that a trigger of the base gave is applied. */
  inTrigger = false;

  tree: Tree = null;
  image: ImageDraft | null = null;
  /** As it was in the registry. */
  baseImage: ImageDocument | null = null;
  environment = new Environment();
  workingDirectory = '/';
  user = '';
  /** In the order in which they were first declared. */
  readonly buildArguments = new Map<string, Argument>();
  /** Paths of the build context that it takes. */
  readonly contextPaths = new Set<string>();
  /** Paths of its own that are taken; shared with its base. */
  paths = new Set<string>();
  hasWorkdir = false;
  lastCmd: Location | null = null;
  lastEntrypoint: Location | null = null;
  lastHealthcheck: Location | null = null;
  outline = new Outline();

  constructor(from: {
    name: string;
    shownName: string;
    location: Location | null;
    baseName: string;
    code: string;
    description: string;
    isImplicit: boolean;
  }) {
    this.name = from.name;
    this.shownName = from.shownName;
    this.location = from.location;
    this.baseName = from.baseName;
    this.code = from.code;
    this.description = from.description;
    this.isImplicit = from.isImplicit;
  }

  /** An image that `location` takes files from. */
  static implicit(baseName: string, location: Location | null): Stage {
    return new Stage({ name: '', shownName: '', location, baseName, code: '', description: '', isImplicit: true });
  }

  /** Begins as its base is now. Does nothing where it has none. */
  inherit(): void {
    const base = this.base;
    if (!base) return;
    this.tree = base.tree;
    this.platform = base.platform;
    this.image = base.image && new ImageDraft(base.image);
    if (this.image) this.image.triggers = [];
    this.baseImage = base.baseImage;
    this.environment = new Environment(base.environment);
    this.workingDirectory = base.workingDirectory;
    this.user = base.user;
    this.paths = base.paths;
    this.hasWorkdir = base.hasWorkdir;
    for (const [name, argument] of base.buildArguments) this.buildArguments.set(name, argument);
  }

  /** The image, which is there once the stage is resolved. */
  get draft(): ImageDraft {
    if (!this.image) throw new LanguageError(`stage ${this.shownName} has no image yet`);
    return this.image;
  }

  /** The name of its next step: `[build 2/5] RUN make`. `showsPlatform`: `[linux/amd64 build 2/5] RUN make`. */
  nextStepName(text: string, showsPlatform: boolean): string {
    this.#stepIndex++;
    if (this.stepTotal === 0) return text;
    const platform =
      showsPlatform && this.platform
        ? `${formatWholePlatform(this.platform)}${targetPlatform(this.platform, this.environment.values)} `
        : '';
    const name = this.shownName === '' ? '' : `${this.shownName} `;
    const number = String(this.#stepIndex).padStart(String(this.stepTotal).length);
    const trigger = this.inTrigger ? 'ONBUILD ' : '';
    return `[${platform}${name}${number}/${this.stepTotal}] ${trigger}${text}`;
  }
}

/** `->arm64` where what is built is for another platform than it is built on. */
function targetPlatform(base: Platform, variables: ReadonlyMap<string, string>): string {
  const target = platformIn(variables);
  if (!target) return '';
  const { os, architecture, variant } = normalPlatform({
    ...target,
    os: target.os || base.os,
    architecture: target.architecture || base.architecture,
  });
  if (os !== base.os)
    return `->${formatWholePlatform({ os, architecture, ...(variant !== undefined && { variant }) })}`;
  return architecture === base.architecture ? '' : `->${architecture}${variant === undefined ? '' : `/${variant}`}`;
}

function platformIn(variables: ReadonlyMap<string, string>): Platform | null {
  const whole = variables.get('TARGETPLATFORM');
  if (whole !== undefined) {
    try {
      return parsePlatform(whole);
    } catch (error) {
      if (!(error instanceof LanguageError)) throw error;
    }
  }
  const [os, architecture, variant] = ['TARGETOS', 'TARGETARCH', 'TARGETVARIANT'].map((name) => variables.get(name));
  if (os === undefined && architecture === undefined && variant === undefined) return null;
  return { os: os ?? '', architecture: architecture ?? '', ...(variant && { variant }) };
}

/** All stages of a build, in the order in which they are applied. */
export class Stages {
  readonly all: Stage[] = [];
  readonly #byName = new Map<string, Stage>();

  add(stage: Stage): void {
    this.all.push(stage);
    const base = this.#byName.get(stage.baseName);
    if (base) {
      stage.base = base;
      stage.outline = base.outline.copy();
    }
    if (stage.name !== '') this.#byName.set(stage.name.toLowerCase(), stage);
  }

  named(name: string): Stage | null {
    return this.#byName.get(name.toLowerCase()) ?? null;
  }

  numbered(index: number): Stage {
    const stage = this.all[index];
    if (!stage) throw new LanguageError(`invalid stage index ${index}`);
    return stage;
  }

  get names(): string[] {
    return this.all.map(({ shownName }) => shownName).filter((name) => name !== '');
  }
}
