// ADD, COPY and WORKDIR: files and directories that are put into a tree.

import { parseFileMode } from '../file-modes.ts';
import { isHttpSource, parseGitReference } from '../git-reference.ts';
import { baseName, joinPath } from '../go-text.ts';
import type { AddInstruction, CopyInstruction, InstructionOf } from '../instructions.ts';
import { says } from '../lint-rules.ts';
import { LanguageError } from '../source.ts';
import type { CopyAction, FileAction, FilesStep, Tree } from '../steps.ts';
import { withUpperKeyword } from './apply-run.ts';
import { expandIn, internalStep, type PlanContext } from './context.ts';
import type { Command, Stage } from './stage.ts';

type Copying = AddInstruction | CopyInstruction;

/** What progress shows of an instruction. */
function shownText(stage: Stage, code: string, context: PlanContext): string {
  const { text, error } = expandIn(context, code, stage.environment.values);
  return withUpperKeyword(error ? code : text);
}

/** An absolute path, which ends as `written` does: with a slash, `/.`, or neither. */
function absolute(directory: string, written: string): string {
  const path = written === '' || written === '.' ? './' : written;
  const full = path.startsWith('/') ? path : joinPath(directory, path);
  if (path.endsWith('/')) return full.endsWith('/') ? full : `${full}/`;
  if (!path.endsWith('/.')) return full;
  return full === '/' ? '/.' : `${full}/.`;
}

const rooted = (path: string): string => (path.startsWith('/') ? path : joinPath('/', path));

type Common = Pick<CopyAction, 'destination' | 'owner' | 'mode' | 'excludes'>;

const plainCopy = (from: Tree, source: string, common: Common): CopyAction => ({
  kind: 'copy',
  from,
  source,
  isPattern: false,
  includes: [],
  unpack: false,
  ...common,
});

class FileCopier {
  readonly #stage: Stage;
  readonly #instruction: Copying;
  readonly #context: PlanContext;
  readonly #common: Common;
  /** What progress shows. */
  readonly #name: string;
  /** Where files come from. */
  readonly #tree: Tree;

  constructor(stage: Stage, instruction: Copying, context: PlanContext, tree: Tree) {
    this.#stage = stage;
    this.#instruction = instruction;
    this.#context = context;
    this.#tree = tree;
    const { destination, chown, chmod, excludes } = instruction;
    this.#common = {
      destination: absolute(stage.workingDirectory, destination),
      owner: chown,
      mode: chmod === '' ? null : parseFileMode(chmod),
      excludes,
    };
    this.#checkChecksum();
    this.#name = stage.nextStepName(shownText(stage, instruction.code, context), context.options.isMultiPlatform);
  }

  get #platform() {
    return this.#stage.platform ?? this.#context.platforms.target;
  }

  get #step() {
    const { code, location } = this.#instruction;
    return {
      name: this.#name,
      instruction: code,
      location,
      platform: this.#platform,
      ignoreCache: this.#stage.ignoreCache,
    };
  }

  #checkChecksum(): void {
    if (this.#instruction.kind !== 'add' || this.#instruction.checksum === '') return;
    const [source = '', ...others] = this.#instruction.sources;
    if (this.#instruction.sources.length === 0 || others.length > 0)
      throw new LanguageError("checksum can't be specified for multiple sources");
    if (!isHttpSource(source) && !parseGitReference(source))
      throw new LanguageError('checksum requires HTTP(S) or Git sources');
  }

  #git(source: string, git: NonNullable<ReturnType<typeof parseGitReference>>): FileAction {
    const add = this.#instruction;
    if (add.kind !== 'add') throw new LanguageError("source can't be a git ref for COPY");
    if (add.keepGitDir !== null && git.keepGitDir !== null && add.keepGitDir !== git.keepGitDir)
      throw new LanguageError('inconsistent keep-git-dir configuration');
    if (add.checksum !== '' && git.checksum !== '' && add.checksum !== git.checksum)
      throw new LanguageError(`checksum mismatch "${add.checksum}" != "${git.checksum}"`);
    const tree: Tree = {
      ...this.#step,
      kind: 'git',
      remote: git.remote,
      ref: git.ref,
      checksum: git.checksum || add.checksum,
      subdirectory: git.subdirectory,
      keepGitDir: git.keepGitDir ?? add.keepGitDir ?? false,
      submodules: git.submodules ?? true,
    };
    this.#stage.contextPaths.add(joinPath('/', source));
    return plainCopy(tree, '/', this.#common);
  }

  #http(url: string): FileAction {
    const add = this.#instruction;
    if (add.kind !== 'add') throw new LanguageError("source can't be a URL for COPY");
    const name = URL.canParse(url) ? baseName(new URL(url).pathname) : '';
    const filename = ['', '.', '/'].includes(name) ? '__unnamed__' : name;
    if (add.checksum !== '') checkDigest(add.checksum);
    const tree: Tree = { ...this.#step, kind: 'http', url, filename, checksum: add.checksum };
    return { ...plainCopy(tree, `/${filename}`, this.#common), unpack: add.unpack ?? false };
  }

  #local(source: string): FileAction {
    const { kind } = this.#instruction;
    this.#warnIgnored(source);
    const isParents = this.#instruction.kind === 'copy' && this.#instruction.parents;
    const pivot = source.indexOf('/./');
    const [parent, below] = pivot < 0 ? ['/', source] : [source.slice(0, pivot), source.slice(pivot + 3)];
    const unpack = (this.#instruction.kind === 'add' ? this.#instruction.unpack : null) ?? kind === 'add';
    return {
      kind: 'copy',
      from: this.#tree,
      source: rooted(isParents ? parent : source),
      isPattern: true,
      includes: isParents ? [rooted(below).replace(/^\//, '')] : [],
      unpack,
      ...this.#common,
    };
  }

  #warnIgnored(source: string): void {
    const { lint, ignored } = this.#context;
    const { kind, location } = this.#instruction;
    const isFromContext = this.#instruction.kind === 'add' || this.#instruction.from === '';
    if (!isFromContext || !lint.applies('CopyIgnoredFile') || !ignored) return;
    try {
      if (ignored.matches(source))
        lint.warn('CopyIgnoredFile', location, says.copyIgnoredFile(kind === 'add' ? 'Add' : 'Copy', source));
    } catch {
      // The build fails for the same reason, where the context is read.
    }
  }

  #inline(file: Copying['inlineFiles'][number]): FileAction {
    const path = `/${file.path}`;
    const tree: FilesStep = {
      ...internalStep('[internal] preparing inline document', this.#platform),
      kind: 'files',
      base: null,
      actions: [{ kind: 'mkfile', path, mode: 0o644, data: file.data }],
      madeAt: this.#context.options.epoch,
    };
    return plainCopy(tree, path, this.#common);
  }

  apply(): void {
    const { sources, inlineFiles } = this.#instruction;
    const actions = [
      ...sources.map((source) => {
        const git = parseGitReference(source);
        if (git) return this.#git(source, git);
        return isHttpSource(source) ? this.#http(source) : this.#local(source);
      }),
      ...inlineFiles.map((file) => this.#inline(file)),
    ];
    const stage = this.#stage;
    // `--link` is a promise about the cache, which dockerd's own store does not use either.
    const { epoch } = this.#context.options;
    stage.tree = { ...this.#step, kind: 'files', base: stage.tree, actions, madeAt: epoch };
    stage.draft.addHistory(`${this.#recorded()} # buildkit`, true, epoch);
  }

  #recorded(): string {
    const { kind, chown, chmod, sources, inlineFiles, destination } = this.#instruction;
    const parents = this.#instruction.kind === 'copy' && this.#instruction.parents;
    const flags = [
      ...(parents ? ['--parents'] : []),
      ...(chown === '' ? [] : [`--chown=${chown}`]),
      ...(chmod === '' ? [] : [`--chmod=${chmod}`]),
    ];
    const inline = inlineFiles.map(({ path }) => `<<${path}`);
    return [kind.toUpperCase(), ...flags, ...sources, ...inline, destination].join(' ');
  }
}

/** Throws LanguageError. */
export function applyCopy(stage: Stage, { sources }: Command, instruction: Copying, context: PlanContext): void {
  const [source] = sources;
  if (instruction.kind === 'copy' && source && !source.isDone)
    throw new LanguageError(
      `cannot copy from stage "${instruction.from}", it needs to be defined before current stage "${stage.shownName}"`,
    );
  new FileCopier(stage, instruction, context, source ? source.tree : context.buildContext).apply();
  const paths = source ? source.paths : stage.contextPaths;
  for (const path of instruction.sources) if (!/^https?:\/\//.test(path)) paths.add(joinPath('/', path));
}

/** `isWritten`: it stands in the Dockerfile; else the base has it, and it is a directory already. */
export function setWorkdir(stage: Stage, path: string): void {
  const current = stage.draft.config.WorkingDir || '/';
  const base = current.startsWith('/') ? current : joinPath('/', current);
  const directory = path === '' ? base : path.startsWith('/') ? path : joinPath(base, path);
  stage.draft.config.WorkingDir = directory;
  stage.workingDirectory = directory;
}

export function applyWorkdir(stage: Stage, instruction: InstructionOf<'workdir'>, context: PlanContext): void {
  const { path, code, location } = instruction;
  if (!stage.hasWorkdir && !path.startsWith('/'))
    context.lint.warn('WorkdirRelativePath', location, says.workdirRelativePath(path));
  stage.hasWorkdir = true;
  setWorkdir(stage, path);
  const directory = stage.workingDirectory;
  // Each `WORKDIR a` makes it longer.
  context.budget.spend(3 * directory.length);
  if (directory !== '/') {
    const shown = shownText(stage, code, context);
    stage.tree = {
      kind: 'files',
      name: stage.nextStepName(shown, context.options.isMultiPlatform),
      instruction: '',
      location,
      platform: stage.platform ?? context.platforms.target,
      ignoreCache: false,
      base: stage.tree,
      actions: [{ kind: 'mkdir', path: directory, mode: 0o755, owner: stage.draft.config.User ?? '' }],
      madeAt: context.options.epoch,
    };
  }
  stage.draft.addHistory(`WORKDIR ${directory}`, directory !== '/', context.options.epoch);
}

const digits: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Throws LanguageError, as Go's package for digests says it. */
function checkDigest(text: string): void {
  const [, algorithm = '', encoded = ''] = /^([a-z0-9]+(?:[.+_-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/.exec(text) ?? [];
  if (algorithm === '') throw new LanguageError('invalid checksum digest format');
  if (!Object.hasOwn(digits, algorithm)) throw new LanguageError('unsupported digest algorithm');
  if (encoded.length !== digits[algorithm]) throw new LanguageError('invalid checksum digest length');
  if (!/^[0-9a-f]+$/.test(encoded)) throw new LanguageError('invalid checksum digest format');
}
