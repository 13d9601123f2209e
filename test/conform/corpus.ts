// The cases of test/conform/cases, and the answers that were recorded there.

import fs from 'node:fs';
import path from 'node:path';
import type { Generation } from './clients.ts';
import { type Case, readCases, transcript } from './transcript.ts';

const folder = path.join(import.meta.dirname, 'cases');

export interface CaseFile {
  /** `run` for run.txt. */
  readonly name: string;
  /** Who asks it: the workspace's docker command where the name ends with `-workspace`. */
  readonly clients: Generation;
  /** Something is built, which a docker command without buildx cannot. */
  readonly builds: boolean;
  readonly path: string;
  readonly text: string;
  readonly cases: readonly Case[];
}

export function hasCases(name: string): boolean {
  return fs.existsSync(path.join(folder, `${name}.txt`));
}

/** All, or those that are named. Throws where a file cannot be read as cases, or there is none of a name. */
export function readCorpus(names: readonly string[] = []): CaseFile[] {
  const all = fs.readdirSync(folder).sort();
  const files = names.length === 0 ? all : names.map((name) => `${name}.txt`);
  return files.map((file) => {
    const place = path.join(folder, file);
    const text = fs.readFileSync(place, 'utf8');
    try {
      const name = path.basename(file, '.txt');
      const clients = name.endsWith('-workspace') ? 'workspace' : 'current';
      return { name, clients, builds: name.startsWith('build'), path: place, text, cases: readCases(text) };
    } catch (error) {
      throw new Error(`${place}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  });
}

/** The transcript with what a real dockerd answered. */
export function recorded({ commands }: Case): string {
  return transcript(
    commands,
    commands.map(({ answer }) => answer),
  );
}

/** The transcript with what ours is to answer: the same, but where the case says that it differs. */
export function expected({ commands }: Case): string {
  return transcript(
    commands,
    commands.map(({ answer, ours }) => ours ?? answer),
  );
}
