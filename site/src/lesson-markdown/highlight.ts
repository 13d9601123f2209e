/** Colours code while the site is built. The page gets words for the kinds of pieces; style/code-block.css has the colours. */
import { createHighlighterCore, type HighlighterCore, type ThemeRegistrationRaw } from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';
import css from 'shiki/langs/css.mjs';
import diff from 'shiki/langs/diff.mjs';
import dockerfile from 'shiki/langs/dockerfile.mjs';
import html from 'shiki/langs/html.mjs';
import ini from 'shiki/langs/ini.mjs';
import javascript from 'shiki/langs/javascript.mjs';
import json from 'shiki/langs/json.mjs';
import nginx from 'shiki/langs/nginx.mjs';
import python from 'shiki/langs/python.mjs';
import shellscript from 'shiki/langs/shellscript.mjs';
import toml from 'shiki/langs/toml.mjs';
import yaml from 'shiki/langs/yaml.mjs';
import { codeLanguages } from '../../../lessons/schema/code-fence.ts';
import { valuePieces } from '../lesson-components/values.ts';

export type CodeKind = 'comment' | 'keyword' | 'name' | 'number' | 'string' | 'added' | 'removed';

export interface CodePiece {
  readonly text: string;
  readonly kind: CodeKind | undefined;
  /** The parameter that the text stands for, where it is one. */
  readonly value: string | undefined;
}

const scopes: Readonly<Record<CodeKind, readonly string[]>> = {
  comment: ['comment', 'punctuation.definition.comment'],
  keyword: ['keyword', 'storage', 'entity.name.function', 'support.function', 'entity.name.tag'],
  name: [
    'variable',
    'entity.name.type',
    'support.type.property-name',
    'entity.other.attribute-name',
    'meta.object-literal.key',
  ],
  number: ['constant'],
  string: ['string', 'punctuation.definition.string'],
  added: ['markup.inserted'],
  removed: ['markup.deleted'],
};
const kinds = Object.keys(scopes) as CodeKind[];
/** A colour that stands for a kind: Shiki knows nothing but colours. */
const colourOf = (kind: CodeKind) => `#00000${kinds.indexOf(kind) + 1}`;
const theme: ThemeRegistrationRaw = {
  name: 'kinds',
  type: 'light',
  settings: [
    { settings: { foreground: '#ffffff' } },
    ...kinds.map((kind) => ({ scope: [...scopes[kind]], settings: { foreground: colourOf(kind) } })),
    // An operator is part of the line, not a word of it.
    { scope: ['keyword.operator'], settings: { foreground: '#ffffff' } },
  ],
};

let highlighter: Promise<HighlighterCore> | undefined;

/** The code's lines in pieces; parameters are pieces of their own, with their names in the place of their values. */
export async function highlight(code: string, lang: string): Promise<readonly (readonly CodePiece[])[]> {
  const lines = code.split('\n').map(valuePieces);
  const language = Object.hasOwn(codeLanguages, lang) ? codeLanguages[lang] : undefined;
  if (language === undefined) return lines.map((line) => line.map((piece) => ({ ...piece, kind: undefined })));
  highlighter ??= createHighlighterCore({
    themes: [theme],
    langs: [css, diff, dockerfile, html, ini, javascript, json, nginx, python, shellscript, toml, yaml],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const shown = lines.map((line) => line.map(({ text }) => text).join(''));
  const tokens = (await highlighter).codeToTokensBase(shown.join('\n'), { lang: language, theme: 'kinds' });
  return lines.map((pieces, number) => cut(pieces, tokens[number] ?? []));
}

/** Cuts the coloured pieces of a line where its parameters begin and end. */
function cut(
  pieces: readonly { readonly text: string; readonly value: string | undefined }[],
  tokens: readonly { readonly content: string; readonly color?: string | undefined }[],
): readonly CodePiece[] {
  const rest = tokens.map(({ content, color }) => ({
    content,
    kind: kinds.find((kind) => colourOf(kind) === color?.toLowerCase()),
  }));
  return pieces.flatMap(({ text, value }) => {
    const made: CodePiece[] = [];
    let left = text.length;
    while (left > 0) {
      const [token] = rest;
      if (token === undefined) break;
      const taken = token.content.slice(0, left);
      // A parameter is one piece, whatever colours it has.
      if (value === undefined || made.length === 0)
        made.push({ text: value === undefined ? taken : text, kind: token.kind, value });
      left -= taken.length;
      token.content = token.content.slice(taken.length);
      if (token.content === '') rest.shift();
    }
    return made;
  });
}
