// What stands after the three backticks of a code block: ```dockerfile title="Dockerfile" {2,4-5}

export interface Fence {
  /** The name of the file that it shows, or what it is. */
  readonly title: string | undefined;
  /** Numbers of the lines to look at, from 1 on. */
  readonly marked: ReadonlySet<number>;
}

/** Of the languages that blocks are coloured in, by every name that an author may give them. */
export const codeLanguages: Readonly<Record<string, string>> = {
  dockerfile: 'dockerfile',
  docker: 'dockerfile',
  sh: 'shellscript',
  bash: 'shellscript',
  shell: 'shellscript',
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
  js: 'javascript',
  javascript: 'javascript',
  python: 'python',
  py: 'python',
  html: 'html',
  css: 'css',
  nginx: 'nginx',
  ini: 'ini',
  toml: 'toml',
  diff: 'diff',
};
/** Shown as they are: what a terminal prints, and what has no name. */
export const plainLanguages: readonly string[] = ['', 'text', 'console', 'output'];

/** Throws Error with a sentence where something stands there that means nothing. `lines`: how many the block has. */
export function readFence(lang: string, meta: string, lines: number): Fence {
  if (!Object.hasOwn(codeLanguages, lang) && !plainLanguages.includes(lang))
    throw new Error(
      `“${lang}” is no language that code blocks are coloured in: take one of ${Object.keys(codeLanguages).join(', ')}, or text`,
    );
  let title: string | undefined;
  const marked = new Set<number>();
  const rest = meta
    .replace(/\btitle="([^"]*)"/, (_, said: string) => {
      title = said;
      return '';
    })
    .replace(/\{([\d\s,-]+)\}/, (_, said: string) => {
      for (const range of said.split(',')) {
        const [, from = '', to = from] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(range) ?? [];
        if (from === '' || Number(from) < 1 || Number(to) < Number(from) || Number(to) > lines)
          throw new Error(`{${said}} marks lines that the block does not have: it has ${lines}`);
        for (let line = Number(from); line <= Number(to); line++) marked.add(line);
      }
      return '';
    })
    .trim();
  if (rest !== '')
    throw new Error(`“${rest}” means nothing after the language of a code block; title="…" and {2,4-5} do`);
  if (title?.trim() === '') throw new Error('the title of this code block is empty');
  return { title, marked };
}
