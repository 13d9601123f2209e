/** One Monaco editor for all open files: a model for each, the cursor of each remembered, typing handed to the file. */
import { effect } from '@preact/signals';
import { languageOf } from './languages.ts';
import { type CodeEditor, type CodeModel, createEditor, followPageTheme, monaco } from './monaco.ts';
import type { OpenFile } from './open-file.ts';
import type { Workspace } from './workspace.ts';

interface Shown {
  readonly model: CodeModel;
  state: ReturnType<CodeEditor['saveViewState']>;
  readonly stop: () => void;
}

let lastModel = 0;

export class CodePlace implements Disposable {
  readonly #editor: CodeEditor;
  readonly #shown = new Map<OpenFile, Shown>();
  readonly #stops: (() => void)[] = [];
  #current: OpenFile | undefined;
  /** Text that comes from the host is not typing. */
  #taking = false;

  constructor(element: HTMLElement, work: Workspace) {
    this.#editor = createEditor(element);
    this.#editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => void this.#current?.save());
    const observer = new MutationObserver(followPageTheme);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', followPageTheme);
    this.#stops.push(
      () => observer.disconnect(),
      () => dark.removeEventListener('change', followPageTheme),
      // Files that were closed take their models with them.
      effect(() => {
        const open = new Set(work.files.value);
        for (const file of this.#shown.keys()) if (!open.has(file)) this.#forget(file);
      }),
    );
  }

  show(file: OpenFile | undefined): void {
    if (file === this.#current) return;
    const before = this.#current && this.#shown.get(this.#current);
    if (before) before.state = this.#editor.saveViewState();
    this.#current = file;
    if (!file) {
      this.#editor.setModel(null);
      return;
    }
    const shown = this.#shown.get(file) ?? this.#make(file);
    this.#editor.setModel(shown.model);
    this.#editor.restoreViewState(shown.state);
    this.#editor.focus();
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
    for (const file of [...this.#shown.keys()]) this.#forget(file);
    this.#editor.dispose();
  }

  #make(file: OpenFile): Shown {
    const path = file.path.value;
    const uri = monaco.Uri.from({ scheme: 'home', authority: String(++lastModel), path: `/${path}` });
    const model = monaco.editor.createModel(file.text, languageOf(path), uri);
    const typed = model.onDidChangeContent(() => {
      if (!this.#taking) file.type(model.getValue());
    });
    file.onText = (text) => {
      this.#taking = true;
      // As an edit, so that the cursor stays and the change can be undone.
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
      this.#taking = false;
    };
    const named = file.path.subscribe((now) => monaco.editor.setModelLanguage(model, languageOf(now)));
    const shown = {
      model,
      state: null,
      stop: () => {
        typed.dispose();
        named();
        file.onText = () => {};
        model.dispose();
      },
    };
    this.#shown.set(file, shown);
    return shown;
  }

  #forget(file: OpenFile): void {
    this.#shown.get(file)?.stop();
    this.#shown.delete(file);
    if (this.#current === file) this.#current = undefined;
  }
}
