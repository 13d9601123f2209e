/** A lesson's text without its marks, cut at its headings, for the search. */
import { type MdastNode, mdxToMdast } from 'satteri';
import { parameterIn } from '../../lessons/schema/markdown.ts';
import { placeholderOf } from './lesson-components/values.ts';

export interface TextPart {
  /** Empty for what stands before the first heading. */
  readonly heading: string;
  readonly text: string;
}

/** What gives answers away. */
const leftOut = ['Quiz', 'Option', 'Hint', 'Solution'];
/** What of a component's attributes is text. */
const told = ['title', 'goal', 'asks', 'caption', 'run'];

const childrenOf = (node: MdastNode): readonly MdastNode[] =>
  'children' in node ? (node.children as readonly MdastNode[]) : [];

function isHeading(node: MdastNode): boolean {
  return node.type === 'heading' && (node.depth === 2 || node.depth === 3);
}

/** The words of a node; a heading in it begins another part. */
function wordsOf(node: MdastNode): string {
  if (node.type === 'mdxTextExpression' || node.type === 'mdxFlowExpression') {
    const parameter = parameterIn(node.value);
    return parameter === null ? '' : placeholderOf(parameter);
  }
  if (node.type === 'mdxjsEsm' || node.type === 'yaml') return '';
  if ('value' in node && typeof node.value === 'string') return node.value;
  if (node.type === 'mdxJsxFlowElement' || node.type === 'mdxJsxTextElement') {
    if (leftOut.includes(node.name ?? '')) return '';
    const said = node.attributes.flatMap((one) =>
      one.type === 'mdxJsxAttribute' && told.includes(one.name) && typeof one.value === 'string' ? [one.value] : [],
    );
    const inside = node.children.map(wordsOf);
    return node.type === 'mdxJsxTextElement' ? inside.join('') : [...said, ...inside].join(' ');
  }
  const isInline = ['paragraph', 'heading', 'emphasis', 'strong', 'delete', 'link'].includes(node.type);
  return childrenOf(node)
    .map(wordsOf)
    .join(isInline ? '' : ' ');
}

/** Everything in order, with what holds a heading taken apart. */
function inOrder(node: MdastNode): readonly MdastNode[] {
  const holdsHeading = (one: MdastNode): boolean =>
    childrenOf(one).some((each) => isHeading(each) || holdsHeading(each));
  return !isHeading(node) && holdsHeading(node) ? childrenOf(node).flatMap(inOrder) : [node];
}

/** `body` is MDX without its front matter. Throws Error where it is no MDX. */
export function partsOf(body: string): readonly TextPart[] {
  const parts: { heading: string; words: string[] }[] = [{ heading: '', words: [] }];
  for (const node of inOrder(mdxToMdast(body))) {
    if (isHeading(node)) parts.push({ heading: tidy(wordsOf(node)), words: [] });
    else parts.at(-1)?.words.push(wordsOf(node));
  }
  return parts
    .map(({ heading, words }) => ({ heading, text: tidy(words.join(' ')) }))
    .filter(({ heading, text }) => heading !== '' || text !== '');
}

function tidy(words: string): string {
  return words
    .replaceAll('`', '')
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => placeholderOf(name))
    .replace(/\s+/g, ' ')
    .trim();
}
