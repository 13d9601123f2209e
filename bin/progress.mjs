// Shows what is being done, how far it is and how long it took: live lines on a terminal, plain lines elsewhere.
// Plain JavaScript, since the installer runs before any package and any newer Node is there.

/**
 * @typedef {object} Step One thing that takes time. Nothing is shown of a step that ends within a second.
 * @property {(detail: string) => void} update How far it is: `120 of 390 packages`.
 * @property {(detail?: string) => void} done
 * @property {(detail?: string) => void} failed
 */

/** Below this nobody wonders what is happening. */
const quietMs = 1000;
/** How often a plain log repeats a step that goes on. */
const plainRepeatMs = 10_000;

/** @param {number} ms */
const seconds = (ms) =>
  ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;

/**
 * @param {NodeJS.WriteStream} [stream]
 * @returns {{ step(title: string): Step, close(): void }}
 */
export function showProgress(stream = process.stderr) {
  const live = stream.isTTY === true;
  /** @type {Set<{ title: string, detail: string, startedAt: number, saidAt: number }>} */
  const running = new Set();
  let drawn = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  /** @param {{ title: string, detail: string, startedAt: number }} step */
  const line = (step) =>
    `${step.title}${step.detail ? `: ${step.detail}` : ''} (${seconds(Date.now() - step.startedAt)})`;
  const erase = () => {
    if (drawn > 0) stream.write(`\x1b[${drawn}A\x1b[J`);
    drawn = 0;
  };
  const draw = () => {
    for (const step of running) {
      if (Date.now() - step.startedAt < quietMs) continue;
      const shown = `  … ${line(step)}`.slice(0, (stream.columns || 80) - 1);
      stream.write(`${shown}\n`);
      drawn++;
    }
  };
  const tick = () => {
    if (live) {
      erase();
      draw();
      return;
    }
    for (const step of running) {
      if (Date.now() - step.startedAt < quietMs || Date.now() - step.saidAt < plainRepeatMs) continue;
      step.saidAt = Date.now();
      stream.write(`  … ${line(step)}\n`);
    }
  };
  /** @param {string} text */
  const say = (text) => {
    if (live) erase();
    stream.write(`${text}\n`);
    if (live) draw();
  };

  return {
    step(title) {
      const step = { title, detail: '', startedAt: Date.now(), saidAt: Number.NEGATIVE_INFINITY };
      running.add(step);
      timer ??= setInterval(tick, live ? 200 : 1000);
      /** @param {string} mark @param {boolean} always @param {string} detail */
      const end = (mark, always, detail) => {
        if (!running.delete(step)) return;
        step.detail = detail;
        if (always || Date.now() - step.startedAt >= quietMs) say(`  ${mark} ${line(step)}`);
        else if (live) tick();
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      };
      return {
        update: (detail) => {
          step.detail = detail;
        },
        done: (detail = '') => end('✓', false, detail),
        failed: (detail = '') => end('✗', true, detail),
      };
    },
    close() {
      if (live) erase();
      clearInterval(timer);
      timer = undefined;
      running.clear();
    },
  };
}
