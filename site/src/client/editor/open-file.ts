/**
 * One open file: its text, the host's version that the text was made from, and the state of saving. It saves by itself a moment
 * after typing. A change on the host is taken over where nothing was typed meanwhile; else the student is asked. Knows nothing of
 * what draws it, nor of how the host is reached.
 */
import { maxFileBytes } from '@drydock/sandbox-server/protocol';
import { batch, signal } from '@preact/signals';
import { ServerRefusal } from '../api.ts';
import { sentenceOf } from './failures.ts';
import type { FileStore } from './file-store.ts';

export type Saving =
  | { readonly name: 'saved' }
  /** The student has typed, and the text is not sent yet. */
  | { readonly name: 'typed' }
  | { readonly name: 'saving' }
  | { readonly name: 'failed'; readonly why: string }
  /** The host has another text in the file, or no such file any more. */
  | { readonly name: 'conflict'; readonly theirs: Theirs };

/** What the host has in the place of the text that is open here. */
export type Theirs =
  | { readonly name: 'text'; readonly text: string; readonly version: string }
  | { readonly name: 'binary'; readonly bytes: number; readonly version: string }
  | { readonly name: 'gone'; readonly version: undefined };

export type Content =
  | { readonly name: 'loading' }
  | { readonly name: 'text' }
  | { readonly name: 'binary'; readonly bytes: number }
  | { readonly name: 'large' }
  | { readonly name: 'failed'; readonly why: string };

/** What was found on the host. */
type Found =
  | Theirs
  | { readonly name: 'large'; readonly why: string }
  | { readonly name: 'failed'; readonly why: string };

/** From the last key to the save: several words are written together, and the student does not wait for it. */
const saveAfterMs = 400;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class OpenFile {
  readonly path = signal('');
  readonly content = signal<Content>({ name: 'loading' });
  readonly saving = signal<Saving>({ name: 'saved' });
  /** The file's tab is closed, and nothing is saved any more. */
  readonly closed = signal(false);
  /** Called when the text has changed, but not by the student's typing. */
  onText: (text: string) => void = () => {};
  readonly #store: FileStore;
  #text = '';
  /** The text of `#version`. */
  #kept = '';
  #version: string | undefined;
  #isGone = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(store: FileStore, path: string) {
    this.#store = store;
    this.path.value = path;
  }

  get text(): string {
    return this.#text;
  }

  /** Something was typed that is not on the host yet. */
  get isDirty(): boolean {
    return this.#text !== this.#kept;
  }

  /** Something was typed that cannot be saved now. */
  get isStuck(): boolean {
    const { name } = this.saving.value;
    return this.isDirty && (name === 'failed' || name === 'conflict');
  }

  /** The file was not on the host when the host was last asked. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Reads the file from the host. Never throws: a failure is shown by `content`. */
  load(): Promise<void> {
    this.content.value = { name: 'loading' };
    return this.#next(() => this.#load());
  }

  /** The file was made a moment ago, empty, and has this version: there is nothing to read. */
  startEmpty(version: string): void {
    this.#version = version;
    this.content.value = { name: 'text' };
  }

  /** The student changed the text. */
  type(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    if (this.saving.value.name === 'conflict') return;
    this.saving.value = { name: 'typed' };
    this.#saveSoon();
  }

  /** Saves what was typed, if anything, after writes that are under way. Never throws. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#next(() => this.#write());
  }

  /** The host has this version of the file now; undefined: it has no such file. */
  hear(version: string | undefined): Promise<void> {
    return this.#next(() => this.#hear(version));
  }

  /** Reads the file again, whatever version the host is known to have. */
  look(): Promise<void> {
    return this.#next(() => (this.content.value.name === 'text' ? this.#look() : this.#load()));
  }

  /** Answers a conflict: the text here is written over the host's, or the host's is taken over. */
  async settle(keep: 'mine' | 'theirs'): Promise<void> {
    const now = this.saving.value;
    if (now.name !== 'conflict') return;
    if (keep === 'theirs') {
      if (now.theirs.name !== 'gone') this.#accept(now.theirs);
      return;
    }
    this.#version = now.theirs.version;
    this.saving.value = { name: 'typed' };
    await this.save();
  }

  /** Closes the file. What is not saved is lost. */
  close(): void {
    this.closed.value = true;
    clearTimeout(this.#timer);
  }

  /** Does one thing after another, so that nothing is read while it is being written. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(() => (this.closed.value ? undefined : work()));
    return this.#work;
  }

  #saveSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), saveAfterMs);
  }

  async #write(): Promise<void> {
    const { name } = this.saving.value;
    if (this.content.value.name !== 'text' || (name !== 'typed' && name !== 'failed')) return;
    const sent = this.#text;
    const bytes = new TextEncoder().encode(sent);
    if (bytes.length > maxFileBytes) {
      const why = 'It has grown larger than 1 MB, which is the most that is saved from here.';
      this.saving.value = { name: 'failed', why };
      return;
    }
    this.saving.value = { name: 'saving' };
    try {
      this.#version = await this.#store.write(this.path.peek(), bytes, this.#version);
      this.#kept = sent;
      this.#isGone = false;
      this.#settled();
    } catch (error) {
      const changed = error instanceof ServerRefusal && (error.status === 412 || error.status === 404);
      if (changed) await this.#look();
      else this.saving.value = { name: 'failed', why: sentenceOf(error) };
    }
  }

  async #hear(version: string | undefined): Promise<void> {
    const now = this.saving.value;
    if (this.content.value.name === 'loading') return;
    if (version === this.#version) {
      // The conflict is over: the host has again the version that this text was made from.
      if (now.name === 'conflict') this.#settled();
      return;
    }
    if (now.name === 'conflict' && now.theirs.version === version) return;
    if (this.content.value.name === 'text') await this.#look();
    else await this.#load();
  }

  async #load(): Promise<void> {
    const found = await this.#read();
    if (found.name === 'large') this.#becomeLarge();
    else if (found.name === 'failed') this.content.value = { name: 'failed', why: found.why };
    else if (found.name === 'gone') this.content.value = { name: 'failed', why: 'It is not on the host any more.' };
    else this.#accept(found);
  }

  /** Reads the file from the host. Takes it over where nothing was typed, and asks the student where something was. */
  async #look(): Promise<void> {
    const found = await this.#read();
    const isSaving = this.saving.value.name === 'saving';
    switch (found.name) {
      case 'failed':
        // Where nothing is to be saved, the next change on the host causes another look.
        if (isSaving) this.saving.value = { name: 'failed', why: found.why };
        return;
      case 'large':
        if (this.isDirty) this.saving.value = { name: 'failed', why: found.why };
        else this.#becomeLarge();
        return;
      case 'gone':
        this.saving.value = { name: 'conflict', theirs: found };
        return;
    }
    // The listing was old, and told of what was written from here.
    if (found.version === this.#version && !isSaving) {
      if (this.saving.value.name === 'conflict') this.#settled();
      return;
    }
    const isSame = found.name === 'text' && found.text === this.#text;
    if (isSame || !this.isDirty) this.#accept(found);
    else this.saving.value = { name: 'conflict', theirs: found };
  }

  /** The host has the known version. What was typed since is saved next. */
  #settled(): void {
    this.saving.value = { name: this.isDirty ? 'typed' : 'saved' };
    if (this.isDirty) this.#saveSoon();
  }

  /** Takes over what the host has. */
  #accept(found: Exclude<Theirs, { name: 'gone' }>): void {
    batch(() => {
      const text = found.name === 'text' ? found.text : '';
      const isOther = text !== this.#text;
      this.#version = found.version;
      this.#text = text;
      this.#kept = text;
      if (isOther) this.onText(text);
      this.content.value = found.name === 'text' ? { name: 'text' } : { name: 'binary', bytes: found.bytes };
      this.saving.value = { name: 'saved' };
    });
  }

  #becomeLarge(): void {
    this.content.value = { name: 'large' };
    this.saving.value = { name: 'saved' };
  }

  async #read(): Promise<Found> {
    const found = await this.#ask();
    this.#isGone = found.name === 'gone';
    return found;
  }

  async #ask(): Promise<Found> {
    try {
      const { bytes, version } = await this.#store.read(this.path.peek());
      const text = textOf(bytes);
      return text === undefined ? { name: 'binary', bytes: bytes.length, version } : { name: 'text', text, version };
    } catch (error) {
      const status = error instanceof ServerRefusal ? error.status : 0;
      if (status === 404) return { name: 'gone', version: undefined };
      const why = sentenceOf(error);
      return status === 413 ? { name: 'large', why } : { name: 'failed', why };
    }
  }
}

/** Undefined where the bytes are not UTF-8 text. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
