/** The files of a home as a tree. A folder is listed when it is opened, and again when something has changed. */
import type { FileEntry } from '@drydock/sandbox-server/protocol';
import { batch, computed, signal } from '@preact/signals';
import { sentenceOf } from './failures.ts';
import { listFolder } from './files-api.ts';
import { isWithin, join } from './paths.ts';

export interface Folder {
  /** Sorted: folders first, hidden files last, then by name. */
  readonly entries: readonly FileEntry[];
  /** There are more than are listed. */
  readonly more: boolean;
}

/** A line of the tree as it is drawn. */
export interface Row {
  readonly path: string;
  readonly entry: FileEntry;
  /** From 1 on. */
  readonly level: number;
  readonly isOpen: boolean;
  /** A note under a folder that was opened: it is empty, or its listing was cut. */
  readonly note: 'empty' | 'more' | undefined;
}

/** How many entries of one folder are shown; the terminal shows the rest. */
const mostShown = 500;

export class Tree {
  readonly host: string;
  readonly folders = signal<ReadonlyMap<string, Folder>>(new Map());
  readonly open = signal<ReadonlySet<string>>(new Set(['']));
  /** Why the home cannot be listed. */
  readonly problem = signal<string | undefined>(undefined);
  readonly rows = computed(() => this.#rowsOf('', 1));
  /** Folders that are listed though they are closed: those of files that are open in the editor. */
  watched: () => readonly string[] = () => [];

  constructor(host: string) {
    this.host = host;
  }

  /** Lists again every folder that is shown. Folders that are gone are closed. Never throws. */
  async refresh(): Promise<void> {
    const wanted = new Set([...this.open.peek(), ...this.watched()]);
    const found = await Promise.all([...wanted].map(async (path) => ({ path, folder: await this.#list(path) })));
    batch(() => {
      const folders = new Map(found.flatMap(({ path, folder }) => (folder ? [[path, folder] as const] : [])));
      if (!folders.has('')) return;
      this.folders.value = folders;
      this.open.value = new Set([...this.open.peek()].filter((path) => folders.has(path)));
    });
  }

  async toggle(path: string): Promise<void> {
    const open = new Set(this.open.peek());
    if (open.has(path)) {
      for (const one of open) if (isWithin(one, path)) open.delete(one);
      this.open.value = open;
      return;
    }
    await this.show(path);
  }

  /** Opens a folder and the folders above it. */
  async show(path: string): Promise<void> {
    const parts = path ? path.split('/') : [];
    const way = ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
    const missing = way.filter((one) => !this.folders.peek().has(one));
    const found = await Promise.all(missing.map(async (one) => ({ one, folder: await this.#list(one) })));
    batch(() => {
      const folders = new Map(this.folders.peek());
      for (const { one, folder } of found) if (folder) folders.set(one, folder);
      this.folders.value = folders;
      this.open.value = new Set([...this.open.peek(), ...way.filter((one) => folders.has(one))]);
    });
  }

  /** The entry of a path; undefined where it is not there, or its folder is not listed. */
  entry(path: string): FileEntry | undefined {
    const parts = path.split('/');
    const folder = this.folders.value.get(parts.slice(0, -1).join('/'));
    return folder?.entries.find(({ name }) => name === parts.at(-1));
  }

  async #list(path: string): Promise<Folder | undefined> {
    try {
      const { entries, more } = await listFolder(this.host, path);
      if (path === '') this.problem.value = undefined;
      const sorted = entries.toSorted(
        (one, other) =>
          Number(other.type === 'folder') - Number(one.type === 'folder') ||
          Number(one.name.startsWith('.')) - Number(other.name.startsWith('.')) ||
          one.name.localeCompare(other.name),
      );
      return { entries: sorted.slice(0, mostShown), more: more || sorted.length > mostShown };
    } catch (error) {
      if (path === '') this.problem.value = sentenceOf(error);
      return undefined;
    }
  }

  #rowsOf(folder: string, level: number): readonly Row[] {
    return (this.folders.value.get(folder)?.entries ?? []).flatMap((entry) => {
      const path = join(folder, entry.name);
      const isOpen = entry.type === 'folder' && this.open.value.has(path);
      const inside = isOpen ? this.folders.value.get(path) : undefined;
      const note = inside?.entries.length === 0 ? 'empty' : inside?.more ? 'more' : undefined;
      return [{ path, entry, level, isOpen, note }, ...(isOpen ? this.#rowsOf(path, level + 1) : [])];
    });
  }
}
