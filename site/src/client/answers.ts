/**
 * What xterm answers by itself to what a program prints (cursor reports, device attributes, colours, the focus), and a limit for it.
 * Without the limit, a file that is full of questions would type a flood of answers into the shell.
 */
import { answersAtOnce, answersPerSecond } from './limits.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: answers are control sequences
const answer = /^\x1b(?:\[[?>=]?[\d;]*\$?[Rcnty]|\[[IO]|P.*\x1b\\|\].*(?:\x07|\x1b\\))$/s;

/** Whether `data` has the form of an answer. A few keys have it too, such as Shift-F3, but nobody presses them often. */
export function isAnswer(data: string): boolean {
  return answer.test(data);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: reports are control sequences
const mouseReport = /^\x1b\[(?:<[\d;]+[Mm]$|M)/;

/** Whether `data` tells a program where the mouse is. Old output may have asked for that, and a shell cannot read it. */
export function isMouseReport(data: string): boolean {
  return mouseReport.test(data);
}

/** Lets answers through up to a rate. `now` is in milliseconds, of a monotonic clock. */
export class AnswerLimit {
  #left = answersAtOnce;
  #at = 0;

  allows(now: number): boolean {
    this.#left = Math.min(answersAtOnce, this.#left + ((now - this.#at) / 1000) * answersPerSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
