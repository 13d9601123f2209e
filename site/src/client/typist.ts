/**
 * Types commands for the student into one shell, and tells how each of them went. Follows the shell by its prompt marks; knows
 * nothing of screens. One command at a time: callers look at `shell` first.
 */
import { promptWithinMs } from './limits.ts';
import { cleanPaste } from './paste.ts';
import { ShellMarks, type ShellState } from './shell-marks.ts';

/** Tells how a command that was typed for the student goes on. Nothing is told after `ended` or `lost`. */
export interface RunEvents {
  readonly started: () => void;
  readonly ended: (exitCode: number | undefined) => void;
  /** The command was not typed, or how it ends will not be known. `why` is a sentence for the student. */
  readonly lost: (why: string) => void;
}

export interface TypistOwner {
  /** Types, or says false when there is no connection. */
  readonly type: (data: string) => boolean;
  /** The replay is over. Marks within a replay tell of prompts that are long gone. */
  readonly isLive: () => boolean;
}

interface Run {
  readonly events: RunEvents;
  started: boolean;
}

export class Typist {
  readonly #owner: TypistOwner;
  /** The command that waits for the prompt. */
  #waiting: { readonly command: string; readonly events: RunEvents } | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #hasWaited = false;
  #run: Run | undefined;
  #marks: ShellMarks;

  constructor(owner: TypistOwner) {
    this.#owner = owner;
    this.#marks = this.#newMarks();
  }

  get shell(): ShellState {
    return this.#marks.state;
  }

  /**
   * Types a command and presses Enter, at once or when the prompt comes. A shell that makes no prompt mark for long is taken to make
   * none: the command is typed then, and `lost` is told at once. Events come later, never within the call.
   */
  runCommand(command: string, events: RunEvents): void {
    this.#lose('Another command was typed before this one had begun.');
    this.#waiting = { command, events };
    this.#hasWaited = false;
    this.#patience = setTimeout(() => {
      this.#hasWaited = true;
      this.printed();
    }, promptWithinMs);
    this.printed();
  }

  /** Takes a prompt mark: the text after `133;`. */
  read(mark: string): void {
    this.#marks.read(mark);
  }

  /** Output has been drawn. The prompt that a command waits for may be in it. */
  printed(): void {
    const waiting = this.#waiting;
    if (!waiting || !this.#owner.isLive()) return;
    if (this.shell === 'unknown' && !this.#hasWaited) return;
    this.#stopWaiting();
    if (this.shell === 'running') later(waiting.events, busy);
    else this.#type(waiting.command, waiting.events);
  }

  /** The connection is lost. A command that has not started may not have reached the shell. One that runs goes on, and is told later. */
  dropped(): void {
    if (this.#waiting) this.#lose('The connection was lost before the command was typed. Run it again.');
    else if (!this.#run?.started)
      this.#lose('The connection was lost as the command was typed. Look in the terminal whether it ran.');
  }

  /** The server refused what was typed; `why` is its sentence. */
  refused(why: string): void {
    if (this.#run && !this.#run.started) this.#lose(why);
  }

  /** Some output is lost, and there may have been marks in it. */
  missed(): void {
    this.#marks = this.#newMarks();
    if (this.#run)
      this.#lose(
        'Too much was printed to follow the command, so how it ended is not known. The terminal shows the rest.',
      );
  }

  /** The shell has exited, and with it a command that was running. */
  shellEnded(exitCode: number | undefined): void {
    const run = this.#run;
    this.#run = undefined;
    if (run?.started) run.events.ended(exitCode);
    else run?.events.lost(shellGone);
    if (this.#waiting) this.#lose(shellGone);
  }

  /** The terminal is taken away. */
  [Symbol.dispose](): void {
    this.#lose('The terminal was closed, so how the command ended is not known.');
  }

  #newMarks(): ShellMarks {
    return new ShellMarks({
      started: () => {
        if (!this.#run || this.#run.started) return;
        this.#run.started = true;
        this.#run.events.started();
      },
      ended: (exitCode) => {
        const run = this.#run;
        this.#run = undefined;
        run?.events.ended(exitCode);
      },
    });
  }

  #type(command: string, events: RunEvents): void {
    const isPrompt = this.shell === 'prompt';
    // Ctrl-E and Ctrl-U clear the line: what the student has begun to type must not become part of the command.
    const clear = isPrompt ? '\x05\x15' : '';
    const line = cleanPaste(command).replaceAll('\n', ' ');
    if (!this.#owner.type(`${clear}${line}\r`))
      later(events, 'The connection is lost, so the command was not typed. Run it again.');
    else if (isPrompt) this.#run = { events, started: false };
    else
      later(
        events,
        'The command was typed. This shell does not tell when a command ends; the terminal shows how it goes on.',
      );
  }

  #stopWaiting(): void {
    clearTimeout(this.#patience);
    this.#waiting = undefined;
  }

  #lose(why: string): void {
    const events = this.#waiting?.events ?? this.#run?.events;
    this.#stopWaiting();
    this.#run = undefined;
    events?.lost(why);
  }
}

/** Also said where the terminal is known to be busy before anything is tried. */
export const busy =
  'The terminal is busy with another command. End that one first (Ctrl+C, or exit in a container), or open another terminal with +.';
const shellGone = 'The shell has ended, so the command was not run. Open another terminal with +.';

function later(events: RunEvents, why: string): void {
  queueMicrotask(() => events.lost(why));
}
