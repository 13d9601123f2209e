/**
 * One open file: what stands in it here, which version of the host's it is, and how saving stands. Saves by itself a
 * moment after typing. A change on the host is taken over where nothing was typed meanwhile, and asked about where it
 * was. Knows nothing of what draws it.
 */
import { maxFileBytes } from '@drydock/sandbox-server/protocol';
import { signal } from '@preact/signals';
import { ServerRefusal } from '../api.ts';
import { readFile, sentenceOf, writeFile } from './files-api.ts';

export type Saving =
  | { readonly name: 'saved' }
  /** Typed, not sent yet. */
  | { readonly name: 'typed' }
  | { readonly name: 'saving' }
  | { readonly name: 'failed'; readonly why: string }
  /** Another text stands on the host; null: the file is gone there. `version` is that one's. */
  | { readonly name: 'conflict'; readonly theirs: string | null; readonly version: string | undefined };

export type Content =
  | { readonly name: 'loading' }
  | { readonly name: 'text' }
  | { readonly name: 'binary'; readonly bytes: number }
  | { readonly name: 'large' }
  | { readonly name: 'failed'; readonly why: string };

/** From the last key to the save: several words are one write, and nobody waits for it. */
const saveAfterMs = 400;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class OpenFile {
  readonly host: string;
  readonly path = signal('');
  readonly content = signal<Content>({ name: 'loading' });
  readonly saving = signal<Saving>({ name: 'saved' });
  /** Told when the text became another one without the student's doing. */
  onText: (text: string) => void = () => {};
  #text = '';
  #version: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(host: string, path: string) {
    this.host = host;
    this.path.value = path;
  }

  get text(): string {
    return this.#text;
  }

  /** Reads it from the host. Never throws: what went wrong stands in `content`. */
  async load(): Promise<void> {
    try {
      const { bytes, version } = await readFile(this.host, this.path.peek());
      const text = textOf(bytes);
      this.#version = version;
      if (text === undefined) this.content.value = { name: 'binary', bytes: bytes.length };
      else {
        this.#take(text);
        this.content.value = { name: 'text' };
      }
      this.saving.value = { name: 'saved' };
    } catch (error) {
      const tooLarge = error instanceof ServerRefusal && error.status === 413;
      this.content.value = tooLarge ? { name: 'large' } : { name: 'failed', why: sentenceOf(error) };
    }
  }

  /** The student changed the text. */
  type(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    if (this.saving.value.name === 'conflict') return;
    this.saving.value = { name: 'typed' };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), saveAfterMs);
  }

  /** Sends what was typed, if anything; one write after another. Never throws. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#work = this.#work.then(() => this.#write());
    return this.#work;
  }

  /** The host has this version now, or no such file. */
  async hear(version: string | undefined): Promise<void> {
    await this.#work;
    if (this.#closed || version === this.#version || this.content.value.name === 'loading') return;
    const now = this.saving.value;
    if (now.name === 'conflict' && now.version === version) return;
    if (this.content.value.name === 'text') await this.#look();
    else await this.load();
  }

  /** Answers a conflict: mine is written over theirs, or theirs is taken. */
  async settle(keep: 'mine' | 'theirs'): Promise<void> {
    const now = this.saving.value;
    if (now.name !== 'conflict') return;
    this.#version = now.version;
    if (keep === 'mine') {
      this.saving.value = { name: 'typed' };
      return await this.save();
    }
    if (now.theirs !== null) this.#take(now.theirs);
    this.saving.value = { name: 'saved' };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    const { name } = this.saving.value;
    if (this.#closed || this.content.value.name !== 'text' || (name !== 'typed' && name !== 'failed')) return;
    const sent = this.#text;
    const bytes = new TextEncoder().encode(sent);
    if (bytes.length > maxFileBytes) {
      const why = 'It has grown larger than 1 MB, which is the most that is saved from here.';
      this.saving.value = { name: 'failed', why };
      return;
    }
    this.saving.value = { name: 'saving' };
    try {
      this.#version = await writeFile(this.host, this.path.peek(), bytes, this.#version);
      this.saving.value = this.#text === sent ? { name: 'saved' } : { name: 'typed' };
      if (this.#text !== sent) this.#timer = setTimeout(() => void this.save(), saveAfterMs);
    } catch (error) {
      const changed = error instanceof ServerRefusal && (error.status === 412 || error.status === 404);
      if (changed) await this.#look();
      else this.saving.value = { name: 'failed', why: sentenceOf(error) };
    }
  }

  /** Reads what stands on the host: takes it over where nothing was typed, and asks where something was. */
  async #look(): Promise<void> {
    try {
      const { bytes, version } = await readFile(this.host, this.path.peek());
      // An old listing told of what was written from here.
      if (version === this.#version && this.saving.value.name !== 'saving') return;
      const theirs = textOf(bytes);
      const isClean = this.saving.value.name === 'saved';
      if (theirs === this.#text || (isClean && theirs !== undefined)) {
        this.#version = version;
        if (theirs !== this.#text) this.#take(theirs);
        this.saving.value = { name: 'saved' };
      } else if (isClean) await this.load();
      else this.saving.value = { name: 'conflict', theirs: theirs ?? '', version };
    } catch (error) {
      const gone = error instanceof ServerRefusal && error.status === 404;
      this.saving.value = gone
        ? { name: 'conflict', theirs: null, version: undefined }
        : { name: 'failed', why: sentenceOf(error) };
    }
  }

  #take(text: string): void {
    this.#text = text;
    this.onText(text);
  }
}

/** Undefined where the bytes are no text in UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
