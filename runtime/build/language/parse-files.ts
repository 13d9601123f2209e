// ADD and COPY.

import { type FlagKind, Flags } from './flags.ts';
import { contentOf, tryHeredoc } from './heredocs.ts';
import type { AddInstruction, CopyInstruction, FileSources, InlineFile } from './instructions.ts';
import { LanguageError } from './source.ts';
import type { Statement } from './statements.ts';

const shared: Readonly<Record<string, FlagKind>> = {
  chown: 'text',
  chmod: 'text',
  link: 'boolean',
  exclude: 'list',
};

/** The sources, the files that are written here, and the destination. Throws LanguageError. */
function sourcesOf(
  { words, heredocs }: Statement,
  keyword: 'ADD' | 'COPY',
): Pick<FileSources, 'sources' | 'inlineFiles' | 'destination'> {
  const destination = words.at(-1) ?? '';
  if (tryHeredoc(destination)) throw new LanguageError(`${keyword} cannot accept a heredoc as a destination`);
  const contents = new Map(heredocs.map((heredoc) => [heredoc.name, heredoc.content]));
  const sources: string[] = [];
  const inlineFiles: InlineFile[] = [];
  for (const word of words.slice(0, -1)) {
    const heredoc = tryHeredoc(word);
    if (!heredoc) {
      sources.push(word);
      continue;
    }
    const { name, chomp, expand } = heredoc;
    inlineFiles.push({ path: name, data: contentOf({ chomp, content: contents.get(name) ?? '' }), expand });
  }
  return { sources, inlineFiles, destination };
}

const common = (flags: Flags) => ({
  chown: flags.text('chown') ?? '',
  chmod: flags.text('chmod') ?? '',
  link: flags.boolean('link') ?? false,
  excludes: flags.list('exclude'),
});

function checkCount({ words }: Statement, keyword: 'ADD' | 'COPY'): void {
  if (words.length < 2)
    throw new LanguageError(
      `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
}

type Read<Kind> = Omit<Kind, 'keyword' | 'code' | 'location'>;

export function parseAdd(statement: Statement): Read<AddInstruction> {
  checkCount(statement, 'ADD');
  const flags = new Flags(statement.flags, {
    ...shared,
    'keep-git-dir': 'boolean',
    checksum: 'text',
    unpack: 'boolean',
  });
  return {
    kind: 'add',
    ...sourcesOf(statement, 'ADD'),
    ...common(flags),
    checksum: flags.text('checksum') ?? '',
    keepGitDir: flags.boolean('keep-git-dir'),
    unpack: flags.boolean('unpack'),
  };
}

export function parseCopy(statement: Statement): Read<CopyInstruction> {
  checkCount(statement, 'COPY');
  const flags = new Flags(statement.flags, { ...shared, from: 'text', parents: 'boolean' });
  return {
    kind: 'copy',
    ...sourcesOf(statement, 'COPY'),
    ...common(flags),
    from: flags.text('from') ?? '',
    parents: flags.boolean('parents') ?? false,
  };
}
