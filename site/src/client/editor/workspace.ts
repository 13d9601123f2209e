/** What the editor works on: the tree of a host's home, the files that are open, and what can be done with them. */
import { maxFileBytes } from '@drydock/sandbox-server/protocol';
import { batch, computed, signal } from '@preact/signals';
import { onFilesChanged } from '../lab.ts';
import { send } from '../lab-link.ts';
import { changeFiles, removePath, sentenceOf, writeFile } from './files-api.ts';
import { OpenFile } from './open-file.ts';
import { folderOf, isWithin, join } from './paths.ts';
import { Tree } from './tree.ts';

/** Between two looks at what changed: a build that writes without pause must not ask without pause. */
const lookEveryMs = 400;
/** Files open at once; tabs of more cannot be told apart. */
const mostOpenFiles = 20;
/** Files taken in one upload. */
const mostUploads = 50;

export class Workspace implements Disposable {
  readonly host: string;
  readonly tree: Tree;
  readonly files = signal<readonly OpenFile[]>([]);
  readonly current = signal<OpenFile | undefined>(undefined);
  /** What could not be done, in a sentence; or what was done. */
  readonly said = signal('');
  readonly isSaved = computed(() => this.files.value.every(({ saving }) => saving.value.name === 'saved'));
  readonly #stop: () => void;
  #looking = false;
  #lookAgain = false;
  #over = false;

  constructor(host: string) {
    this.host = host;
    this.tree = new Tree(host);
    this.tree.watched = () => this.files.peek().map(({ path }) => folderOf(path.peek()));
    this.#stop = onFilesChanged((changed) => {
      if (changed === host) void this.look();
    });
    this.watch();
    void this.look();
  }

  /** Asks the server to tell of changes; again after every new connection. */
  watch(): void {
    send({ type: 'watchFiles', host: this.host, on: true });
  }

  /** Looks what is there now. One look at a time; what is asked for meanwhile is one more look. */
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
    } while (this.#lookAgain && !this.#over);
    this.#looking = false;
  }

  open(path: string): void {
    const there = this.files.value.find((file) => file.path.value === path);
    if (there) {
      this.current.value = there;
      return;
    }
    if (this.files.value.length >= mostOpenFiles) {
      this.said.value = `${mostOpenFiles} files are open already. Close one to open another.`;
      return;
    }
    const file = new OpenFile(this.host, path);
    batch(() => {
      this.files.value = [...this.files.value, file];
      this.current.value = file;
    });
    void file.load();
  }

  /** Saves what was typed, then takes the file's tab away. */
  async close(file: OpenFile): Promise<void> {
    if (file.saving.value.name !== 'conflict') await file.save();
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
    return this.#do(async () => {
      await this.#makeFolders(folderOf(path));
      await writeFile(this.host, path, new Uint8Array(), undefined);
      await this.#shown(folderOf(path));
      this.open(path);
    });
  }

  makeFolder(path: string): Promise<void> {
    return this.#do(async () => {
      await this.#makeFolders(path);
      await this.#shown(path);
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
      await this.#shown(folderOf(to));
    });
  }

  remove(path: string): Promise<void> {
    return this.#do(async () => {
      await removePath(this.host, path);
      for (const file of this.files.value) {
        if (!isWithin(file.path.value, path)) continue;
        file.close();
        this.files.value = this.files.value.filter((one) => one !== file);
        if (this.current.value === file) this.current.value = this.files.value.at(-1);
      }
      await this.tree.refresh();
    });
  }

  /** Puts files into a folder, over files of the same name that `replace` says yes to. */
  upload(files: readonly File[], folder: string, replace: (name: string) => Promise<boolean>): Promise<void> {
    return this.#do(async () => {
      const done: string[] = [];
      for (const file of files.slice(0, mostUploads)) {
        if (file.size > maxFileBytes) {
          throw new Error(`${file.name} is larger than 1 MB, the most that is taken. ${done.length} went before it.`);
        }
        const path = join(folder, file.name);
        const there = this.tree.entry(path);
        if (there && !(await replace(file.name))) continue;
        await writeFile(this.host, path, new Uint8Array(await file.arrayBuffer()), there?.version);
        done.push(file.name);
      }
      await this.#shown(folder);
      this.said.value = done.length === 1 ? `${done[0]} is on the host.` : `${done.length} files are on the host.`;
    });
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#stop();
    send({ type: 'watchFiles', host: this.host, on: false });
    for (const file of this.files.value) file.close();
  }

  async #makeFolders(path: string): Promise<void> {
    const parts = path ? path.split('/') : [];
    for (const [index] of parts.entries()) {
      const folder = parts.slice(0, index + 1).join('/');
      await this.tree.show(folderOf(folder));
      if (!this.tree.entry(folder)) await changeFiles({ do: 'makeFolder', host: this.host, path: folder });
    }
  }

  async #shown(folder: string): Promise<void> {
    await this.tree.show(folder);
    await this.tree.refresh();
  }

  #compare(file: OpenFile): Promise<void> | undefined {
    const path = file.path.value;
    const folder = this.tree.folders.peek().get(folderOf(path));
    // A folder that could not be listed, or not wholly, says nothing of what is not in it.
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
