// The page of one lesson as it is while it is written: Astro's development server draws the text, and the built page around
// it has the scripts and styles, so that what one sees is what students will see.

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Step } from '../../bin/progress.mjs';
import { ownCourse } from '../content/content-folders.ts';
import type { Course } from '../content/course.ts';
import { Failure } from '../failure.ts';
import { cloneFolder, nodeProgram } from '../paths.ts';
import { buildPages } from '../supervisor/build-pages.ts';
import { buildSite, ownSite } from '../supervisor/site.ts';

/** Astro compiles the first page in some seconds. */
const firstPageMs = 90_000;
const retryMs = 50;
/** Astro hears of a changed file by itself, on a busy machine late; a page that is the same after this long has not changed. */
const changeMs = 15_000;

const pageScript = fileURLToPath(new URL('./dev-page.js', import.meta.url));

/** The pages of a course. Those of the clone's own are kept for the next time; others are built for this one. Throws Failure. */
export async function siteOf(
  { folder, all }: Course,
  step: () => Step,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly folder: string; readonly notices: readonly string[] }> {
  if (folder === ownCourse.path) {
    const notices = await buildSite(step, signal);
    return { folder: ownSite, notices, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const out = await mkdtemp(path.join(os.tmpdir(), 'drydock-site-'));
  const end = () => rm(out, { recursive: true, force: true });
  const shown = step();
  try {
    const folderOf = (id: string) => all.find((one) => one.id === id && !one.problem)?.folder ?? ownCourse;
    const { notices, failure } = await buildPages({ lessons: folder, folderOf, out, behind: false }, signal);
    if (failure !== null) throw new Failure([...notices, failure].join('\n'));
    shown.done();
    return { folder: out, notices, [Symbol.asyncDispose]: end };
  } catch (error) {
    shown.failed();
    await end();
    throw error;
  }
}

/** The built site without what is compressed of it, for pages change, and what the page of the lesson needs beside it. */
export async function copySite(from: string, folder: string): Promise<void> {
  const filter = (file: string) => !/\.(br|gz)$/.test(file);
  await cp(from, folder, { recursive: true, filter });
  await copyFile(pageScript, path.join(folder, 'dev.js'));
}

/** Whole or not at all: the server may be reading. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

const bodyOf = (html: string) => /<body[^>]*>(.*)<\/body>/s.exec(html)?.[1] ?? '';
const scripts = /<script\b[^>]*>.*?<\/script>/gs;

/** The built page with what the other one says: its title, and its body without its scripts. Pure. */
export function withText(built: string, drawn: string): string {
  const title = /<title>.*?<\/title>/s.exec(drawn)?.[0] ?? '';
  const own = [...bodyOf(built).matchAll(scripts)].map(([script]) => script).join('');
  const body = `${bodyOf(drawn).replace(scripts, '')}${own}<script type="module" src="/dev.js"></script>`;
  return built
    .replace(/<title>.*?<\/title>/s, () => title)
    .replace(/(<body[^>]*>).*(<\/body>)/s, (_, open: string, close: string) => open + body + close);
}

export class DevPages implements AsyncDisposable {
  readonly #astro: ChildProcess;
  readonly #source: string;
  readonly #file: string;
  readonly #told: string;
  readonly #built: string;
  #drawn = '';
  #version = 0;

  private constructor(astro: ChildProcess, source: string, siteFolder: string, address: string, built: string) {
    this.#astro = astro;
    this.#source = source;
    this.#file = path.join(siteFolder, address, 'index.html');
    this.#told = path.join(siteFolder, 'dev.json');
    this.#built = built;
  }

  /** `address` is the page's: `/lessons/first-container/`. `lessons` holds them all. Resolves once the page is there. Throws Failure. */
  static async start(siteFolder: string, address: string, port: number, lessons: string): Promise<DevPages> {
    const built = await readFile(path.join(siteFolder, address, 'index.html'), 'utf8');
    const astro = path.join(cloneFolder, 'node_modules/astro/bin/astro.mjs');
    // What Astro keeps beside the sources is one place's for every build of this clone: here it has a place of its own.
    const kept = path.join(cloneFolder, 'site/.astro');
    await mkdir(kept, { recursive: true });
    const alone = 'mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs "$1" && shift && exec "$@"';
    const child = spawn(
      'unshare',
      [
        ...['--mount', '--propagation', 'private', 'sh', '-c', alone, 'sh', kept],
        ...[path.join(cloneFolder, nodeProgram), astro, 'dev', '--host', '127.0.0.1', '--port', String(port)],
      ],
      {
        cwd: path.join(cloneFolder, 'site'),
        env: {
          ...process.env,
          ASTRO_TELEMETRY_DISABLED: '1',
          ...(lessons === ownCourse.path ? {} : { DRYDOCK_COURSE: lessons }),
        },
        // In a session of its own: Ctrl-C is for us, who end it in order.
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk).slice(-16 * 1024);
      });
    const pages = new DevPages(child, `http://127.0.0.1:${port}${address}`, siteFolder, address, built);
    try {
      const deadline = performance.now() + firstPageMs;
      while (!(await pages.#draw())) {
        if (child.exitCode !== null || performance.now() > deadline)
          throw new Failure(`Astro does not draw the page ${address}:\n${said.trim().slice(-2000)}`);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
      await pages.show([], true);
      return pages;
    } catch (error) {
      await pages[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Draws the page anew; false where it is as it was, or cannot be drawn. The lab file is read for each drawing; of the text
   * Astro hears by itself, which is waited for where `textChanged`, and no longer than until `isOld`: something has been saved since.
   */
  async redraw(textChanged: boolean, isOld: () => boolean): Promise<boolean> {
    const deadline = performance.now() + (textChanged ? changeMs : 0);
    do {
      if (await this.#draw()) return true;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    } while (performance.now() < deadline && !isOld());
    return false;
  }

  /** Tells the open pages what is wrong, and, where something has `changed`, to load themselves again. */
  async show(mistakes: readonly string[], changed: boolean): Promise<void> {
    if (changed) {
      this.#version += 1;
      await replaceFile(this.#file, withText(this.#built, this.#drawn));
    }
    await replaceFile(this.#told, JSON.stringify({ version: this.#version, mistakes }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#astro.exitCode !== null || this.#astro.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#astro.once('exit', resolve));
    this.#astro.kill('SIGTERM');
    await ended;
  }

  /** Whether there is another page than before. */
  async #draw(): Promise<boolean> {
    try {
      const answer = await fetch(this.#source);
      const html = await answer.text();
      if (!answer.ok || !html.includes('</body>') || html === this.#drawn) return false;
      this.#drawn = html;
      return true;
    } catch {
      return false; // it starts, or starts again
    }
  }
}
