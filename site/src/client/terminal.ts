/**
 * One terminal of the page: a screen, and its place in the stream of bytes that the server keeps. It counts what it was
 * given, so that after a drop it asks for exactly the rest; acknowledges what is parsed; drops what xterm would answer
 * to old output.
 */
import {
  type Attached,
  acknowledgeEveryBytes,
  maxColumns,
  maxInputLength,
  maxRows,
  type PageMessage,
} from '@drydock/sandbox-server/protocol';
import { AnswerLimit, isAnswer, isMouseReport } from './answers.ts';
import { copyText } from './clipboard.ts';
import { acknowledgeIdleMs } from './limits.ts';
import { cleanPaste, isManyLines, isTooLong, pieces } from './paste.ts';
import type { ShellState } from './shell-marks.ts';
import { bytesOf, f6, type TouchKey, withControl } from './terminal-keys.ts';
import { fontSizeFor, isAtWrap, resizeKeepingWrap } from './terminal-size.ts';
import { type RunEvents, Typist } from './typist.ts';
import { createScreen, foundMarks, type Screen, steel } from './xterm.ts';

export interface TerminalOwner {
  /** Sends, or says false when there is no connection: input is then lost, never kept for later. */
  readonly send: (message: PageMessage) => boolean;
  /** A paste of several lines waits for a yes; `go` types it. */
  readonly confirmPaste: (text: string, go: () => void) => void;
  /** A paste was too long for a terminal, and nothing of it was typed. */
  readonly refusePaste: () => void;
  /** A link was clicked in this terminal. Nothing is known of it: what follows must ask. */
  readonly openLink: (terminal: string, uri: string) => void;
  /** The student wants to search in the scrollback. */
  readonly search: () => void;
  /** Whether the next key is to be typed with Ctrl; asked once for each key. */
  readonly takeControl: () => boolean;
  /** The student is in this terminal now. */
  readonly entered: (terminal: string) => void;
  /** The student asked to leave the terminal by keyboard. */
  readonly leave: (key: KeyboardEvent) => void;
}

export class TerminalView {
  readonly id: string;
  /** What to put into the page. */
  readonly element = document.createElement('div');
  readonly #screen: Screen;
  readonly #owner: TerminalOwner;
  readonly #typist: Typist;
  readonly #answers = new AnswerLimit();
  /** Typed but not sent: all of one task goes as one message. */
  #outbox = '';
  #received = 0;
  #parsed = 0;
  #acknowledged = 0;
  /** What is before this byte is old: what the screen answers to it must not go out. */
  #live = Number.POSITIVE_INFINITY;
  #attachedOnce = false;
  /** What was printed first is not to be had, and what was drawn with it is missing. */
  #isCut = false;
  /** Counts the resets, so that what was written before one is not counted after it. */
  #epoch = 0;
  #acknowledgeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, owner: TerminalOwner) {
    this.id = id;
    this.#owner = owner;
    this.#screen = createScreen((uri) => owner.openLink(id, uri));
    this.#typist = new Typist({ type: (data) => this.#send(data), isLive: () => this.#isLive });
    const { terminal } = this.#screen;
    terminal.onData((data) => this.#input(data));
    terminal.onBinary((data) => this.#input(data));
    terminal.onResize(({ rows, cols }) => {
      this.element.dataset.columns = String(cols);
      if (this.#attachedOnce) owner.send({ type: 'resize', terminal: id, rows, columns: cols });
    });
    terminal.parser.registerOscHandler(133, (mark) => {
      this.#typist.read(mark);
      return true;
    });
    // Clipboard (52) and title sequences are swallowed: output may not reach outside its screen.
    for (const code of [0, 1, 2, 52]) terminal.parser.registerOscHandler(code, () => true);
    terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    this.element.className = 'screen';
    this.element.addEventListener('paste', (event) => this.#paste(event), { capture: true });
    this.element.addEventListener('focusin', () => owner.entered(id));
  }

  get shell(): ShellState {
    return this.#typist.shell;
  }

  /** Draws into `element`, which must be in the page. Once. */
  open(describedBy: string): void {
    const { terminal } = this.#screen;
    terminal.open(this.element);
    terminal.textarea?.setAttribute('aria-describedby', describedBy);
    // xterm draws no cursor until the first focus, unless it was told to show it.
    terminal.write('\x1b[?25h');
    this.fit();
  }

  /** Asks the server for what this screen has not got yet. */
  attach(): void {
    const { rows, cols } = this.#screen.terminal;
    this.#live = Number.POSITIVE_INFINITY;
    this.#owner.send({ type: 'attach', terminal: this.id, from: this.#received, rows, columns: cols });
  }

  attached(message: Attached): void {
    if (message.gone) {
      this.#screen.terminal.reset();
      this.#screen.terminal.write(`\x1b[90m[older output is no longer kept]\x1b[0m\r\n${message.restore ?? ''}`);
      this.#isCut = true;
      this.#typist.missed();
    }
    if (message.gone || message.offset !== this.#received) {
      this.#epoch++;
      this.#received = this.#parsed = this.#acknowledged = message.offset;
    }
    this.#live = message.live;
    this.#attachedOnce = true;
    this.element.dataset.attached = 'true';
    this.#typist.printed();
  }

  output(bytes: Uint8Array): void {
    this.#received += bytes.length;
    const upTo = this.#received;
    const epoch = this.#epoch;
    this.#screen.terminal.write(bytes, () => {
      if (epoch !== this.#epoch) return;
      this.#parsed = upTo;
      this.#typist.printed();
      if (this.#isCut && this.#isLive) this.#drawAnew();
      if (this.#parsed - this.#acknowledged >= acknowledgeEveryBytes) this.#acknowledge();
      else this.#acknowledgeTimer ??= setTimeout(() => this.#acknowledge(), acknowledgeIdleMs);
    });
  }

  /** Types a command once the shell has its prompt, and presses Enter. All of how it went is told later. */
  runCommand(command: string, events: RunEvents): void {
    this.#typist.runCommand(command, events);
    this.#screen.terminal.scrollToBottom();
  }

  /** The connection is lost. */
  dropped(): void {
    this.#typist.dropped();
  }

  /** The server did not take what was typed; `why` is its sentence. */
  refused(why: string): void {
    this.#typist.refused(why);
  }

  /** The shell has exited. What it printed before comes first. */
  shellEnded(exitCode: number | undefined): void {
    this.#screen.terminal.write('', () => this.#typist.shellEnded(exitCode));
  }

  /** Types a key of the touch row. */
  press(key: TouchKey): void {
    const { terminal } = this.#screen;
    terminal.input(bytesOf(key, this.#owner.takeControl(), terminal.modes.applicationCursorKeysMode));
    terminal.focus();
  }

  /** Types F6, which the page keeps for itself where it is pressed once. */
  pressF6(shift: boolean): void {
    this.#screen.terminal.input(f6(shift));
  }

  /** Marks every place where `text` stands and goes to the next, or the one before. Empty text ends it. */
  find(text: string, backwards: boolean, typing: boolean): void {
    const { search } = this.#screen;
    if (!text) search.clearDecorations();
    else if (backwards) search.findPrevious(text, { decorations: foundMarks });
    else search.findNext(text, { decorations: foundMarks, incremental: typing });
  }

  /** Tells how much is found, as the search goes on; `at` counts from 0 and is -1 where there are too many to say. */
  onFound(listener: (at: number, count: number) => void): () => void {
    const heard = this.#screen.search.onDidChangeResults(({ resultIndex, resultCount }) =>
      listener(resultIndex, resultCount),
    );
    return () => heard.dispose();
  }

  fit(): void {
    const { terminal } = this.#screen;
    const isDrawn = () => this.#parsed === this.#received;
    if (isDrawn()) this.#resize();
    // Where the cursor is counts, and what comes next may be drawn at once: then only in the middle of a row.
    else terminal.write('', () => (isAtWrap(terminal) && !isDrawn() ? this.fit() : this.#resize()));
  }

  /** To what has room now. */
  #resize(): void {
    if (!this.element.isConnected || this.element.clientWidth === 0) return;
    this.#screen.terminal.options.fontSize = fontSizeFor(this.element.clientWidth);
    const size = this.#screen.fit.proposeDimensions();
    if (!size || !Number.isFinite(size.cols) || !Number.isFinite(size.rows)) return;
    resizeKeepingWrap(
      this.#screen.terminal,
      Math.min(Math.max(size.cols, 20), maxColumns),
      Math.min(Math.max(size.rows, 4), maxRows),
    );
  }

  /** Has a program that draws the whole screen draw it once more: it does when the size changes. */
  #drawAnew(): void {
    this.#isCut = false;
    const { buffer, rows, cols } = this.#screen.terminal;
    if (buffer.active.type !== 'alternate') return;
    for (const height of [rows - 1, rows]) {
      this.#owner.send({ type: 'resize', terminal: this.id, rows: height, columns: cols });
    }
  }

  focus(): void {
    this.#screen.terminal.focus();
  }

  setScreenReader(on: boolean): void {
    this.#screen.terminal.options.screenReaderMode = on;
  }

  followTheme(): void {
    this.#screen.terminal.options.theme = steel();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#acknowledgeTimer);
    this.#typist[Symbol.dispose]();
    this.#screen.terminal.dispose();
    this.element.remove();
  }

  /** Everything that was printed before this screen asked for it has been parsed. */
  get #isLive(): boolean {
    return this.#parsed >= this.#live;
  }

  #input(data: string): void {
    // What the screen says by itself to old output goes nowhere; what a person types meanwhile does.
    if (!this.#isLive && (isAnswer(data) || isMouseReport(data))) return;
    if (isAnswer(data) && !this.#answers.allows(performance.now())) return;
    const typed = data.length === 1 && this.#owner.takeControl() ? withControl(data) : data;
    if (!this.#outbox) {
      queueMicrotask(() => {
        const all = this.#outbox;
        this.#outbox = '';
        this.#send(all);
      });
    }
    this.#outbox += typed;
  }

  #send(data: string): boolean {
    return pieces(data, maxInputLength).every((piece) =>
      this.#owner.send({ type: 'input', terminal: this.id, data: piece }),
    );
  }

  #acknowledge(): void {
    clearTimeout(this.#acknowledgeTimer);
    this.#acknowledgeTimer = undefined;
    this.#acknowledged = this.#parsed;
    this.#owner.send({ type: 'ack', terminal: this.id, offset: this.#parsed });
  }

  #paste(event: ClipboardEvent): void {
    // Without a clipboard there is nothing to clean, and nothing to keep from anybody.
    if (!event.clipboardData) return;
    event.preventDefault();
    event.stopPropagation();
    const text = cleanPaste(event.clipboardData.getData('text/plain'));
    const type = () => this.#screen.terminal.paste(text);
    if (isTooLong(text)) this.#owner.refusePaste();
    else if (isManyLines(text)) this.#owner.confirmPaste(text, type);
    else type();
  }

  #copiesAtPrompt(): boolean {
    return this.shell === 'prompt' && this.#screen.terminal.hasSelection();
  }

  /** Does what a key is for, once, and keeps it from xterm and from the browser. */
  #handleKey(event: KeyboardEvent, act: () => void): false {
    event.preventDefault();
    if (event.type === 'keydown') act();
    return false;
  }

  /** The keys that the page keeps for itself; false means that xterm leaves them alone. */
  #key(event: KeyboardEvent): boolean {
    if (event.key === 'F6' && !event.ctrlKey && !event.altKey) {
      return this.#handleKey(event, () => event.repeat || this.#owner.leave(event));
    }
    const letter = event.key.toLowerCase();
    if (event.ctrlKey && event.shiftKey && letter === 'f') return this.#handleKey(event, () => this.#owner.search());
    // Ctrl C copies what is selected at a prompt, where there is nothing to interrupt. While a command runs it interrupts.
    if (event.ctrlKey && !event.shiftKey && !event.altKey && letter === 'c' && this.#copiesAtPrompt()) {
      return this.#handleKey(event, () => {
        void copyText(this.#screen.terminal.getSelection());
        this.#screen.terminal.clearSelection();
      });
    }
    if (event.ctrlKey && event.shiftKey && letter === 'c') {
      return this.#handleKey(event, () => void copyText(this.#screen.terminal.getSelection()));
    }
    // The browser pastes by itself; the event comes through `#paste`.
    return !(event.ctrlKey && event.shiftKey && letter === 'v');
  }
}
