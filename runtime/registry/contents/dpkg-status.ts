// dpkg's list of installed packages (deb-control(5), `/var/lib/dpkg/status`), and the one file for each package that images without
// dpkg have (`status.d`). An image wrote it, so anything may stand there: what is no package by dpkg's own grammar is left out.

import { EngineError } from '../../errors.ts';
import { maxImagePackages } from '../../limits.ts';
import type { Package } from './content.ts';

/** deb-src-control(5), deb-version(7). */
const namePattern = /^[a-z0-9][a-z0-9+.-]{0,127}$/;
const versionPattern = /^[0-9][0-9A-Za-z.+~:-]{0,199}$/;
const architecturePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;
const sourcePattern = /^(\S+)(?: \((\S+)\))?$/;
/** dpkg(1) "Package states": of these nothing is there but perhaps settings. */
const notThere = ['not-installed', 'config-files'];

/** Throws tooLarge where they are more than an image may have. */
export function packagesOf(texts: Iterable<string>): Package[] {
  const packages = new Map<string, Package>();
  for (const text of texts) {
    for (const paragraph of paragraphs(text)) {
      const found = packageOf(paragraph);
      if (!found) continue;
      packages.set(`${found.name}:${found.architecture}`, found);
      if (packages.size > maxImagePackages)
        throw new EngineError('tooLarge', `it has more than ${maxImagePackages} packages`);
    }
  }
  return [...packages.values()].sort((a, b) => compare(a.name, b.name) || compare(a.architecture, b.architecture));
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function* paragraphs(text: string): Generator<ReadonlyMap<string, string>> {
  let fields = new Map<string, string>();
  for (const line of lines(text)) {
    if (line === '') {
      if (fields.size > 0) yield fields;
      fields = new Map();
      continue;
    }
    // A line that begins with a space goes on with the field before: none of those that are wanted has such.
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith(' ') || line.startsWith('\t')) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (wanted.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  if (fields.size > 0) yield fields;
}

const wanted = new Set(['package', 'status', 'version', 'architecture', 'source']);

function* lines(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    yield text.slice(start, text[end - 1] === '\r' ? end - 1 : end);
    start = end + 1;
  }
}

function packageOf(fields: ReadonlyMap<string, string>): Package | null {
  const state = fields.get('status')?.split(/\s+/).at(-1);
  if (state !== undefined && notThere.includes(state)) return null;
  const [name = '', version = '', architecture = ''] = ['package', 'version', 'architecture'].map((field) =>
    fields.get(field),
  );
  if (!namePattern.test(name) || !versionPattern.test(version) || !architecturePattern.test(architecture)) return null;
  const [, sourceName = name, sourceVersion = version] = sourcePattern.exec(fields.get('source') ?? '') ?? [];
  const isSource = namePattern.test(sourceName) && versionPattern.test(sourceVersion);
  return {
    name,
    version,
    architecture,
    source: isSource ? { name: sourceName, version: sourceVersion } : { name, version },
  };
}
