// `image.yaml`: what a folder of images says beside its Dockerfile. Strict: each mistake is a sentence with its line.

import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { EngineError } from '../errors.ts';

const tag = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'is no tag: letters, digits and _ . -');
const packageName = z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/, 'is no name of a Debian package');
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable');
const boolean = z.enum(['true', 'false'], 'is true or false').transform((word) => word === 'true');
const args = z.record(variable, z.string()).default({});
const tags = z.array(tag, 'is a list: [latest, "8"]');

const ofPackage = z.strictObject({ package: packageName, env: variable.optional() });
const version = z.custom<'base'>((said) => said === 'base').or(ofPackage);

const schema = z
  .strictObject({
    /** One sentence for whoever looks for an image. */
    summary: z.string().max(300).default(''),
    tags: tags.min(1).optional(),
    /** Several images of one Dockerfile, each tagged with its key here, and with its `tags`. */
    variants: z.record(tag, z.strictObject({ tags: tags.default([]), args })).optional(),
    /** Values of the Dockerfile's ARG instructions. */
    args,
    /**
     * The Debian package whose version becomes tags, 8, 8.0 and 8.0.2, and where `env` is given, the value of that variable; or `base`,
     * for the version of the image that it is built on.
     */
    version: version.optional(),
    /** False for an image that is for the engine alone, and that nobody can pull. */
    offered: boolean.default(true),
    /** The only architecture, in Go's words, that the image can be built for; it is left out elsewhere. */
    architecture: z.enum(['amd64', 'arm64'], 'is amd64 or arm64').optional(),
    compression: z.enum(['gzip', 'zstd'], 'is gzip or zstd').default('gzip'),
    /** In place of a Dockerfile: an image of a registry. */
    from: z.string().min(1).max(1024).optional(),
    /** In place of a Dockerfile: a file of the folder that `docker save` has written, or an OCI layout, packed or not. */
    archive: z
      .string()
      .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, 'is a file or a directory of this folder')
      .optional(),
  })
  .superRefine(({ from, archive, variants, tags }, context) => {
    const say = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (from !== undefined && archive !== undefined)
      say('archive', 'an image comes from a registry or out of an archive, not both');
    if (variants && (from ?? archive) !== undefined)
      say('variants', 'are made by one Dockerfile; an image from elsewhere has a folder of its own');
    if (variants && tags) say('tags', 'with variants each has tags of its own');
  });

export type ImageFile = z.output<typeof schema>;

/** What a folder without the file says. */
export const noImageFile: ImageFile = schema.parse({});

/** `file` stands in front of each line. Throws invalid, a line for each mistake: `images/redis/image.yaml:3:1: tag: there is no such key`. */
export function parseImageFile(text: string, file: string): ImageFile {
  const lines = new LineCounter();
  // All words are text: YAML would take the tag 1.10 for the number 1.1.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  const placed = (offset: number, message: string): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}: ${message}`;
  };
  const [broken] = document.errors;
  if (broken) throw new EngineError('invalid', placed(broken.pos[0], `this is no YAML: ${broken.message}`));
  const said: unknown = document.toJS({ maxAliasCount: 10 }) ?? {};
  const parsed = schema.safeParse(said);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.flatMap((issue) => {
    const where = issue.path.map(String);
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : null;
    return (unknown ?? ['']).map((key) => {
      const path = unknown ? [...where, key] : where;
      const message = unknown ? `there is no such key; there are ${keysAt(where).join(', ')}` : issue.message;
      return placed(offsetOf(document, path), `${path.join('.') || 'the file'}: ${message}`);
    });
  });
  throw new EngineError('invalid', mistakes.join('\n'));
}

function keysAt(path: readonly string[]): readonly string[] {
  if (path.length === 0) return Object.keys(schema.shape);
  return path[0] === 'version' ? ['package', 'env'] : ['tags', 'args'];
}

/** Where the key of a path stands; what is not there, where it would. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    if (typeof node !== 'object' || node === null || !('items' in node) || !Array.isArray(node.items)) break;
    const items: readonly unknown[] = node.items;
    const found = items.find((item, at) => keyOf(item) === part || String(at) === part);
    if (found === undefined) break;
    const [key, value] = isPair(found) ? [found.key, found.value] : [found, found];
    offset = startOf(key) ?? offset;
    node = value;
  }
  return offset;
}

interface Pair {
  readonly key: unknown;
  readonly value: unknown;
}

const isPair = (item: unknown): item is Pair => typeof item === 'object' && item !== null && 'key' in item;

function keyOf(item: unknown): string | null {
  if (!isPair(item) || typeof item.key !== 'object' || item.key === null || !('value' in item.key)) return null;
  return String(item.key.value);
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const [start]: readonly unknown[] = node.range;
  return typeof start === 'number' ? start : undefined;
}
