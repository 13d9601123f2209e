/** The screens of this page: one for each terminal that was shown. All are in one place, and one or two of them are visible. */
import type { Attached, PageMessage } from '@drydock/sandbox-server/protocol';
import * as state from './lab-state.ts';
import { longestPasteBytes } from './limits.ts';
import { localAddressOf, webAddressOf } from './local-address.ts';
import { coverWithPreview, previewAddress } from './previews.ts';
import type { TerminalOwner, TerminalView } from './terminal.ts';
import { fontSizeFor } from './terminal-size.ts';
import type { RunEvents } from './typist.ts';

/** What the screens need of the lab. */
export interface ScreensOwner {
  readonly send: (message: PageMessage) => boolean;
  readonly leave: (key: KeyboardEvent) => void;
  /** The student has moved to the other one of two visible terminals. */
  readonly entered: (terminal: string) => void;
}

/** Told of a command where xterm could not be loaded. */
export const noScreens = 'The terminal could not be loaded, so the command was not typed. Reload the page.';

export class Screens {
  readonly #owner: TerminalOwner;
  readonly #views = new Map<string, TerminalView>();
  /** By the channel that the server gave them in this connection. */
  readonly #channels = new Map<number, TerminalView>();
  /** Commands for terminals whose screen is not made yet. */
  readonly #early = new Map<string, { readonly command: string; readonly events: RunEvents }>();
  #stage: HTMLElement | undefined;
  #makeView: ((id: string, owner: TerminalOwner) => TerminalView) | undefined;

  constructor(owner: ScreensOwner) {
    this.#owner = {
      ...owner,
      confirmPaste,
      refusePaste,
      openLink,
      search: () => {
        state.searching.value++;
      },
      takeControl: () => {
        const held = state.controlHeld.value;
        state.controlHeld.value = false;
        return held;
      },
    };
  }

  /**
   * Loads xterm and its fonts. The fonts come first, because a screen measures its cells by them; where they cannot be loaded,
   * another font is used. Throws where xterm cannot be loaded.
   */
  async load(): Promise<void> {
    const [{ TerminalView: View }] = await Promise.all([
      import('./terminal.ts'),
      ...['14px "IBM Plex Mono"', '500 14px "IBM Plex Mono"'].map((face) => document.fonts.load(face).catch(() => [])),
    ]);
    this.#makeView = (id, owner) => new View(id, owner);
    this.show();
  }

  /** Tells where screens are drawn: an element that fills the terminal's place. */
  setStage(element: HTMLElement): void {
    this.#stage = element;
    new ResizeObserver(() => requestAnimationFrame(() => this.#fit())).observe(element);
    this.show();
  }

  get current(): TerminalView | undefined {
    const id = state.currentTerminal.value;
    return id ? this.#views.get(id) : undefined;
  }

  /** The screen of a terminal that is or was visible. */
  of(id: string): TerminalView | undefined {
    return this.#views.get(id);
  }

  /** Shows the screens of `shownTerminals` and hides the others. A screen is made when it is first shown. */
  show(): void {
    if (!this.#stage) return;
    const shown = state.shownTerminals.value;
    this.#stage.dataset.screens = String(shown.length);
    for (const [id, view] of this.#views) view.element.hidden = !shown.includes(id);
    for (const [number, id] of shown.entries()) {
      const known = this.#views.get(id);
      const view = known ?? this.#makeView?.(id, this.#owner);
      if (!view) return;
      view.element.dataset.side = number === 0 ? 'first' : 'second';
      view.element.toggleAttribute('data-current', id === state.currentTerminal.value);
      if (known) continue;
      this.#views.set(id, view);
      this.#stage.append(view.element);
      view.open('terminal-help');
      view.setScreenReader(state.screenReader.value);
      view.attach();
      const early = this.#early.get(id);
      this.#early.delete(id);
      if (early) view.runCommand(early.command, early.events);
    }
    this.#fit();
  }

  /** Types a command into a terminal as soon as its shell is at a prompt. `events` come later. */
  runCommand(id: string, command: string, events: RunEvents): void {
    const view = this.#views.get(id);
    if (view) view.runCommand(command, events);
    else this.#early.set(id, { command, events });
  }

  /** The connection is lost, and with it the commands that may not have reached their shell. */
  dropped(): void {
    this.#loseEarly('The connection was lost before the command was typed. Run it again.', () => true);
    for (const view of this.#views.values()) view.dropped();
  }

  /** xterm could not be loaded, so this page will draw no terminal. */
  failed(): void {
    this.#loseEarly(noScreens, () => true);
  }

  /** There is a new connection: every screen asks for the output that it does not have yet. */
  attachAll(): void {
    this.#channels.clear();
    for (const view of this.#views.values()) view.attach();
  }

  attached(message: Attached): void {
    const view = this.#views.get(message.terminal);
    if (!view) return;
    this.#channels.set(message.channel, view);
    view.attached(message);
  }

  output(channel: number, bytes: Uint8Array): void {
    this.#channels.get(channel)?.output(bytes);
  }

  /** Removes the screens of all terminals but these. */
  keep(ids: ReadonlySet<string>): void {
    this.#loseEarly('The terminal was closed, so the command was not typed.', (id) => !ids.has(id));
    for (const [id, view] of this.#views) {
      if (ids.has(id)) continue;
      this.#views.delete(id);
      view[Symbol.dispose]();
    }
  }

  setScreenReader(on: boolean): void {
    for (const view of this.#views.values()) view.setScreenReader(on);
  }

  followTheme(): void {
    for (const view of this.#views.values()) view.followTheme();
  }

  /** About the size that a terminal will have, before there is one. IBM Plex Mono is 0.6 em wide, and its lines are 1.45 em high. */
  get sizeGuess(): { rows: number; columns: number } {
    const width = this.#stage?.clientWidth ?? 0;
    const height = this.#stage?.clientHeight ?? 0;
    if (width < 200 || height < 100) return { rows: 24, columns: 80 };
    const em = fontSizeFor(width);
    return {
      rows: Math.min(Math.floor(height / (1.45 * em)), 200),
      columns: Math.min(Math.floor(width / (0.6 * em)), 300),
    };
  }

  #loseEarly(why: string, isLost: (id: string) => boolean): void {
    for (const [id, { events }] of this.#early) {
      if (!isLost(id)) continue;
      this.#early.delete(id);
      events.lost(why);
    }
  }

  #fit(): void {
    for (const id of state.shownTerminals.value) this.#views.get(id)?.fit();
  }
}

function confirmPaste(text: string, go: () => void): void {
  const lines = text.replace(/\n$/, '').split('\n').length;
  state.notice.value = {
    title: lines === 1 ? 'Paste a line that runs at once?' : `Paste ${lines} lines? Each may run at once.`,
    detail: text.length > 600 ? `${text.slice(0, 600)}…` : text,
    yes: 'Paste',
    go,
  };
}

function refusePaste(): void {
  state.refusal.value = `That is too long to paste into a terminal, so nothing of it was typed: more than ${longestPasteBytes / 1024} KiB. Put it into a file: save it on your computer, and upload it in the Editor.`;
}

/** A link to the student's own host opens in a preview. Before another is opened, the student is asked and shown its whole address. */
function openLink(terminal: string, uri: string): void {
  const own = localAddressOf(uri);
  if (own) {
    coverWithPreview(previewAddress(state.hostOf(terminal), own.port), own.path);
    return;
  }
  const address = webAddressOf(uri);
  if (!address) return;
  state.notice.value = {
    title: 'Open this link from the terminal in a new tab? It leads out of the lab.',
    detail: address,
    yes: 'Open',
    go: () => window.open(address, '_blank', 'noopener,noreferrer'),
  };
}
