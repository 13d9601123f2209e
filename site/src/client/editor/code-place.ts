/** One Monaco editor for all open files. It has a model for each file, remembers the cursor of each, and hands typing to the file. */
import { effect } from '@preact/signals';
import { languageOf } from './languages.ts';
import { type CodeEditor, type CodeModel, createEditor, followPageTheme, monaco } from './monaco.ts';
import type { OpenFile } from './open-file.ts';

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
  /** True while text from the host is put in, which is not the student's typing. */
  #taking = false;

  constructor(element: HTMLElement) {
    this.#editor = createEditor(element);
    this.#editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => void this.#current?.save());
    const observer = new MutationObserver(followPageTheme);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', followPageTheme);
    this.#stops.push(
      () => observer.disconnect(),
      () => dark.removeEventListener('change', followPageTheme),
    );
  }

  /** Shows a file's text, or none. The focus stays where it is. */
  show(file: OpenFile | undefined): void {
    if (file === this.#current) return;
    this.#leave();
    this.#current = file;
    this.#enter(file && (this.#shown.get(file) ?? this.#make(file)));
  }

  /** Puts the cursor at the start of a line, counted from 1, and scrolls to it; to the last line where the file has fewer. */
  goToLine(number: number): void {
    const lineNumber = Math.min(number, this.#editor.getModel()?.getLineCount() ?? 1);
    this.#editor.setPosition({ lineNumber, column: 1 });
    this.#editor.revealLineInCenter(lineNumber);
  }

  /** Moves the focus into the editor. */
  focus(): void {
    this.#editor.focus();
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
    for (const file of [...this.#shown.keys()]) this.#forget(file);
    this.#editor.dispose();
  }

  #leave(): void {
    const shown = this.#current && this.#shown.get(this.#current);
    if (shown) shown.state = this.#editor.saveViewState();
  }

  #enter(shown: Shown | undefined): void {
    this.#editor.setModel(shown?.model ?? null);
    if (shown) this.#editor.restoreViewState(shown.state);
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
      // As an edit, so that the cursor keeps its place and the change can be undone.
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
      this.#taking = false;
    };
    const followed = effect(() => {
      if (file.closed.value) this.#forget(file);
      else if (file.path.value !== path) this.#remake(file);
    });
    const shown = {
      model,
      state: null,
      stop: () => {
        followed();
        typed.dispose();
        model.dispose();
      },
    };
    this.#shown.set(file, shown);
    return shown;
  }

  /** Monaco knows the language by the model's name, which cannot change. So a file with a new name gets a new model. */
  #remake(file: OpenFile): void {
    const before = this.#shown.get(file);
    const isCurrent = this.#current === file;
    if (isCurrent) this.#leave();
    const made = this.#make(file);
    made.state = before?.state ?? null;
    // Before the old model is disposed of: an editor without a model loses the focus.
    if (isCurrent) this.#enter(made);
    before?.stop();
  }

  #forget(file: OpenFile): void {
    this.#shown.get(file)?.stop();
    this.#shown.delete(file);
    file.onText = () => {};
    if (this.#current === file) this.#current = undefined;
  }
}
