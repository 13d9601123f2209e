/** A lesson's text without its marks, cut at its headings, for the search. */

export interface TextPart {
  /** Empty for what stands before the first heading. */
  readonly heading: string;
  readonly text: string;
}

/** What gives answers away, or is no text. */
const leftOut = /<(Quiz|Option|Hint|Solution)\b[^>]*>.*?<\/\1>|^import .*$|\{\/\*.*?\*\/\}/gms;
const tag = /<\/?[A-Za-z]\w*((?:\s+[\w-]+(?:=(?:"[^"]*"|\{[^}]*\}))?)*)\s*\/?>/g;
const told = /\b(?:goal|asks|caption|run)="([^"]*)"/g;

/** `body` is MDX without its front matter. */
export function partsOf(body: string): readonly TextPart[] {
  return body
    .replace(leftOut, ' ')
    .split(/^(?=#{2,3} )/m)
    .map((part) => {
      const [, heading = '', text = part] = /^#{2,3} ([^\n]*)\n(.*)$/s.exec(part) ?? [];
      return { heading: plain(heading), text: plain(text) };
    })
    .filter(({ heading, text }) => heading !== '' || text !== '');
}

function plain(mdx: string): string {
  return mdx
    .replace(tag, (_, attributes: string) => ` ${[...attributes.matchAll(told)].map(([, value]) => value).join(' ')} `)
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*\|?[\s|:-]+\|?\s*$/gm, ' ')
    .replace(/^\s*(?:[-*]|\d+\.|```\w*|>)\s*/gm, ' ')
    .replace(/\*\*|`|\||(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])/g, '')
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => name.toUpperCase())
    .replace(/\s+/g, ' ')
    .trim();
}
