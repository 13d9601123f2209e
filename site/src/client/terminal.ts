/**
 * One terminal of the page: a screen, and its place in the output that the server keeps. It counts the bytes that it was given, so
 * that after a lost connection it asks for exactly the rest. It acknowledges bytes when xterm has parsed them, and drops what xterm
 * answers to old output.
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
  /** Sends a message. False when there is no connection: nothing is kept for later. */
  readonly send: (message: PageMessage) => boolean;
  /** Asks the student whether to paste several lines. `go` types them. */
  readonly confirmPaste: (text: string, go: () => void) => void;
  /** Tells the student that a paste was too long, and that nothing of it was typed. */
  readonly refusePaste: () => void;
  /** A link was clicked in this terminal. A program printed it, so it may be anything: ask the student before it is opened. */
  readonly openLink: (terminal: string, uri: string) => void;
  /** The student wants to search in the scrollback. */
  readonly search: () => void;
  /** Whether the next key is to be typed with Ctrl. Asked once for each key, which ends it. */
  readonly takeControl: () => boolean;
  /** The student is in this terminal now. */
  readonly entered: (terminal: string) => void;
  /** The student asked to leave the terminal by keyboard. */
  readonly leave: (key: KeyboardEvent) => void;
}

export class TerminalView {
  readonly id: string;
  /** The element to put into the page. */
  readonly element = document.createElement('div');
  readonly #screen: Screen;
  readonly #owner: TerminalOwner;
  readonly #typist: Typist;
  readonly #answers = new AnswerLimit();
  /** Typed but not sent yet. All that is typed in one task of the event loop goes as one message. */
  #outbox = '';
  /** Absolute numbers of bytes: the output before each has been received, parsed by xterm, acknowledged to the server. */
  #received = 0;
  #parsed = 0;
  #acknowledged = 0;
  /** Output before this byte is a replay. What xterm answers to it must not be sent. */
  #live = Number.POSITIVE_INFINITY;
  #attachedOnce = false;
  /** The server no longer has the oldest output, so a program that draws the whole screen is drawn incompletely. */
  #isCut = false;
  /** Counts resets of the byte numbers, so that a write from before a reset is not counted after it. */
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
    // F05: output must not reach outside its screen, so sequences for the clipboard (52) and the title do nothing.
    for (const code of [0, 1, 2, 52]) terminal.parser.registerOscHandler(code, () => true);
    terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    this.element.className = 'screen';
    this.element.addEventListener('paste', (event) => this.#paste(event), { capture: true });
    this.element.addEventListener('focusin', () => owner.entered(id));
  }

  get shell(): ShellState {
    return this.#typist.shell;
  }

  /** Draws into `element`, which must be in the page. To be called once. */
  open(describedBy: string): void {
    const { terminal } = this.#screen;
    terminal.open(this.element);
    terminal.textarea?.setAttribute('aria-describedby', describedBy);
    // Without this sequence xterm draws no cursor before the first focus.
    terminal.write('\x1b[?25h');
    this.fit();
  }

  /** Asks the server for the output that this screen does not have yet. */
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

  /** Types a command when the shell shows its prompt, and presses Enter. `events` come later, never within the call. */
  runCommand(command: string, events: RunEvents): void {
    this.#typist.runCommand(command, events);
    this.#screen.terminal.scrollToBottom();
  }

  /** The connection to the server is lost. */
  dropped(): void {
    this.#typist.dropped();
  }

  /** The server refused what was typed; `why` is its sentence. */
  refused(why: string): void {
    this.#typist.refused(why);
  }

  /** The shell has exited. This counts only after all that it printed is parsed. */
  shellEnded(exitCode: number | undefined): void {
    this.#screen.terminal.write('', () => this.#typist.shellEnded(exitCode));
  }

  /** Types a key of the touch row. */
  press(key: TouchKey): void {
    const { terminal } = this.#screen;
    terminal.input(bytesOf(key, this.#owner.takeControl(), terminal.modes.applicationCursorKeysMode));
    terminal.focus();
  }

  /** Types F6 into the terminal. (F6 pressed once leaves the terminal; pressed twice it is the program's.) */
  pressF6(shift: boolean): void {
    this.#screen.terminal.input(f6(shift));
  }

  /** Marks every place where `text` is found, and goes to the next one or the one before. Empty text ends the search. */
  find(text: string, backwards: boolean, typing: boolean): void {
    const { search } = this.#screen;
    if (!text) search.clearDecorations();
    else if (backwards) search.findPrevious(text, { decorations: foundMarks });
    else search.findNext(text, { decorations: foundMarks, incremental: typing });
  }

  /** Calls `listener` as the search goes on. `at` counts from 0; -1 where xterm has found too many to number them. */
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
    // xterm loses its pending-wrap state on resize. Wait until all output is parsed, unless the cursor is in the middle of a row,
    // where that state cannot be set.
    else terminal.write('', () => (isAtWrap(terminal) && !isDrawn() ? this.fit() : this.#resize()));
  }

  /** Gives the terminal the rows and columns that have room now. */
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

  /** Makes a full-screen program draw its screen again, by changing the size for a moment. */
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

  /** The replay is over: everything that was printed before this screen attached has been parsed. */
  get #isLive(): boolean {
    return this.#parsed >= this.#live;
  }

  #input(data: string): void {
    // Answers of xterm to a replay are dropped. What the student types meanwhile is sent.
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
    // Without clipboard data xterm pastes nothing by itself.
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

  /** Acts on a key of the page's own, once for its keydown and keyup, and keeps it from xterm and from the browser. */
  #handleKey(event: KeyboardEvent, act: () => void): false {
    event.preventDefault();
    if (event.type === 'keydown') act();
    return false;
  }

  /** Handles the keys that the page keeps for itself. False: xterm ignores the key. */
  #key(event: KeyboardEvent): boolean {
    if (event.key === 'F6' && !event.ctrlKey && !event.altKey) {
      return this.#handleKey(event, () => event.repeat || this.#owner.leave(event));
    }
    const letter = event.key.toLowerCase();
    if (event.ctrlKey && event.shiftKey && letter === 'f') return this.#handleKey(event, () => this.#owner.search());
    // At a prompt there is nothing to interrupt, so Ctrl-C copies the selection. While a command runs, it interrupts the command.
    if (event.ctrlKey && !event.shiftKey && !event.altKey && letter === 'c' && this.#copiesAtPrompt()) {
      return this.#handleKey(event, () => {
        void copyText(this.#screen.terminal.getSelection());
        this.#screen.terminal.clearSelection();
      });
    }
    if (event.ctrlKey && event.shiftKey && letter === 'c') {
      return this.#handleKey(event, () => void copyText(this.#screen.terminal.getSelection()));
    }
    // The browser pastes on Ctrl-Shift-V, and its event goes to `#paste`.
    return !(event.ctrlKey && event.shiftKey && letter === 'v');
  }
}
