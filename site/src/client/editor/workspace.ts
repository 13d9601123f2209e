/** What the editor works on: the tree of a host's home, the files that are open, and what can be done with them. */
import { maxBroughtFileBytes } from '@drydock/sandbox-server/protocol';
import { batch, signal } from '@preact/signals';
import { onFilesChanged } from '../lab.ts';
import { send } from '../lab-link.ts';
import { sentenceOf } from './failures.ts';
import { bringFile, changeFiles, removePath, storeOf, writeFile } from './files-api.ts';
import { OpenFile } from './open-file.ts';
import { folderOf, isWithin, join, nameOf } from './paths.ts';
import { Tree } from './tree.ts';

/** The pause between two looks, so that a build that writes all the time does not cause requests all the time. */
const lookEveryMs = 400;
/** How many files are open at once. The tabs of more could not be told apart. */
const mostOpenFiles = 20;
/** How many files one upload takes. */
const mostUploads = 50;

/** What to do where an uploaded file has the name of one that is there: replace that one, keep it, or stop the upload. */
export type Replacing = 'replace' | 'keep' | 'stop';

interface OpenOptions {
  readonly made?: string;
  readonly line?: number | undefined;
  readonly keepsFocus?: boolean;
}

/** Lives as long as the page: `workspaces.ts` keeps one for each host. */
export class Workspace {
  readonly host: string;
  readonly tree: Tree;
  readonly files = signal<readonly OpenFile[]>([]);
  readonly current = signal<OpenFile | undefined>(undefined);
  /** The path of the chosen file or folder in the tree; empty where none is chosen. */
  readonly chosen = signal('');
  /** A sentence that says what was done, or what could not be done. */
  readonly said = signal('');
  /** Where the focus goes as soon as it can: into the text, to the place where a text will be, or to the tree. */
  readonly goTo = signal<'text' | 'panel' | 'tree' | undefined>(undefined);
  /** The line of a file, from 1 on, that the cursor goes to as soon as the text is there. */
  readonly line = signal<{ readonly file: OpenFile; readonly number: number } | undefined>(undefined);
  #looking = false;
  #lookAgain = false;
  /** While the lab is away: the files that were not on the host before that. The student has been asked about them. */
  #goneBefore: ReadonlySet<OpenFile> | undefined;

  constructor(host: string) {
    this.host = host;
    this.tree = new Tree(host);
    this.tree.watched = () => this.files.peek().map(({ path }) => folderOf(path.peek()));
    onFilesChanged((changed) => {
      if (changed === host) void this.look();
    });
    this.reconnect();
  }

  /** There is a connection again. Changes meanwhile were not told, and what was typed could not be saved. */
  reconnect(): void {
    this.#watch();
    this.saveAll();
    void this.look();
  }

  /** The lab goes away for a moment, and comes back as it is, or reset. Idempotent until it is back. */
  leave(): void {
    this.#goneBefore ??= new Set(this.files.value.filter(({ isGone }) => isGone));
  }

  /**
   * The lab is back. Open files are read anew. Where the lab does not have a file any more, the student is asked if something in it
   * was never saved; else the file is closed.
   */
  async comeBack(): Promise<void> {
    const files = this.files.value.filter((file) => !this.#goneBefore?.has(file));
    this.#goneBefore = undefined;
    this.#watch();
    await Promise.all(files.map((file) => file.look()));
    for (const file of files) if (file.isGone && !file.isDirty) this.drop(file);
    this.saveAll();
    await this.look();
  }

  /** Looks at the host's files now. One look at a time; calls meanwhile cause one more look together. */
  async look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    do {
      this.#lookAgain = false;
      await this.tree.refresh();
      await Promise.all(this.files.peek().map((file) => this.#compare(file)));
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    } while (this.#lookAgain);
    this.#looking = false;
  }

  /**
   * Opens a file, or shows it where it is open already; at `line` where one is given. `made`: the file was made a moment ago, empty,
   * and has this version. `keepsFocus`: it opens by itself.
   */
  open(path: string, { made, line, keepsFocus = false }: OpenOptions = {}): void {
    const there = this.files.value.find((file) => file.path.value === path);
    if (there) {
      this.enter(there, line, keepsFocus);
      return;
    }
    if (this.files.value.length >= mostOpenFiles) {
      this.said.value = `${mostOpenFiles} files are open already. Close one to open another.`;
      return;
    }
    const file = new OpenFile(storeOf(this.host), path);
    if (made === undefined) void file.load();
    else file.startEmpty(made);
    batch(() => {
      this.files.value = [...this.files.value, file];
      this.enter(file, line, keepsFocus);
    });
  }

  /** Shows an open file, and moves the focus into it, unless it `keepsFocus` where it is. */
  enter(file: OpenFile, line?: number, keepsFocus = false): void {
    batch(() => {
      this.line.value = line === undefined ? undefined : { file, number: line };
      this.current.value = file;
      if (!keepsFocus) this.goTo.value = 'text';
    });
  }

  /** Saves what was typed, then closes the file's tab. Where it cannot be saved, the tab stays and is shown. */
  async close(file: OpenFile): Promise<void> {
    await file.save();
    this.said.value = '';
    if (!file.isDirty) {
      this.drop(file);
      return;
    }
    this.current.value = file;
    this.said.value = `${nameOf(file.path.value)} was not closed, because it could not be saved.`;
  }

  /** Closes a file's tab. What is not saved is lost. */
  drop(file: OpenFile): void {
    const files = this.files.value;
    const place = files.indexOf(file);
    file.close();
    batch(() => {
      this.files.value = files.filter((one) => one !== file);
      if (this.current.value === file) this.current.value = files[place + 1] ?? files[place - 1];
    });
  }

  saveAll(): void {
    for (const file of this.files.value) void file.save();
  }

  /** Makes an empty file, with the folders on the way, and opens it. */
  makeFile(path: string): Promise<void> {
    // What is typed meanwhile is meant for the new file, and must not go into the current one.
    this.goTo.value = 'panel';
    return this.#do(async () => {
      await this.#makeFolders(folderOf(path));
      const version = await writeFile(this.host, path, new Uint8Array(), undefined);
      this.open(path, { made: version });
      await this.#show(path);
    });
  }

  makeFolder(path: string): Promise<void> {
    return this.#do(async () => {
      await this.#makeFolders(path);
      await this.#show(path, path);
    });
  }

  rename(path: string, to: string): Promise<void> {
    return this.#do(async () => {
      await Promise.all(this.files.value.filter((file) => isWithin(file.path.value, path)).map((file) => file.save()));
      await this.#makeFolders(folderOf(to));
      await changeFiles({ do: 'rename', host: this.host, path, to });
      for (const file of this.files.value) {
        if (isWithin(file.path.value, path)) file.path.value = to + file.path.value.slice(path.length);
      }
      await this.#show(to);
    });
  }

  remove(path: string): Promise<void> {
    return this.#do(async () => {
      await removePath(this.host, path);
      for (const file of this.files.value) if (isWithin(file.path.value, path)) this.drop(file);
      await this.tree.refresh();
    });
  }

  /** Puts files into a folder. `replace` is asked about each file that would replace one of the same name. */
  upload(files: readonly File[], folder: string, replace: (name: string) => Promise<Replacing>): Promise<void> {
    return this.#do(async () => {
      const done: string[] = [];
      const tooLarge: string[] = [];
      for (const file of files.slice(0, mostUploads)) {
        if (file.size > maxBroughtFileBytes) {
          tooLarge.push(file.name);
          continue;
        }
        const path = join(folder, file.name);
        const there = this.tree.entry(path);
        const answer = there ? await replace(file.name) : 'replace';
        if (answer === 'stop') break;
        if (answer === 'keep') continue;
        this.said.value = `Bringing ${file.name}, ${done.length + 1} of ${files.length}.`;
        await bringFile(this.host, path, await bytesOf(file), there?.version);
        done.push(file.name);
      }
      await this.tree.show(folder);
      await this.tree.refresh();
      this.said.value = `${done.length === 1 ? `${done[0]} is` : `${done.length} files are`} on the host.`;
      if (tooLarge.length > 0) {
        const is = tooLarge.length === 1 ? 'it is' : 'they are';
        this.said.value += ` ${tooLarge.join(', ')} stayed behind: ${is} larger than ${maxBroughtFileBytes / 1024 / 1024} MB.`;
      }
      if (files.length > mostUploads) {
        this.said.value += ` ${files.length - mostUploads} were left out: ${mostUploads} are taken at once.`;
      }
    });
  }

  #watch(): void {
    send({ type: 'watchFiles', host: this.host, on: true });
  }

  async #makeFolders(path: string): Promise<void> {
    const parts = path ? path.split('/') : [];
    for (const [index] of parts.entries()) {
      const folder = parts.slice(0, index + 1).join('/');
      await this.tree.show(folderOf(folder));
      if (!this.tree.entry(folder)) await changeFiles({ do: 'makeFolder', host: this.host, path: folder });
    }
  }

  /** Chooses a file or folder in the tree, which is opened as far as `folder`. */
  async #show(path: string, folder = folderOf(path)): Promise<void> {
    await this.tree.show(folder);
    this.chosen.value = path;
    await this.tree.refresh();
  }

  #compare(file: OpenFile): Promise<void> | undefined {
    const path = file.path.value;
    const folder = this.tree.folders.peek().get(folderOf(path));
    // Where a folder could not be listed, or not completely, a file that is not in the list may be there.
    if (!this.tree.folders.peek().has('')) return undefined;
    const entry = this.tree.entry(path);
    return entry || !folder?.more ? file.hear(entry?.version) : undefined;
  }

  async #do(work: () => Promise<void>): Promise<void> {
    this.said.value = '';
    try {
      await work();
    } catch (error) {
      this.said.value = sentenceOf(error);
    }
  }
}

async function bytesOf(file: File): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    // A folder that is dropped onto the page looks like a file until it is read.
    throw new Error(`${file.name} could not be read. If it is a folder, make it here and bring its files.`, { cause });
  }
}
