// Takes a lesson's text apart: its front matter, the components in it with their places, its links. Knows no rules.

import { type MdastNode, type MdxJsxAttributeUnion, mdxToMdast } from 'satteri';

/** Counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Component extends Place {
  readonly name: string;
  /** A text, true for one without a value, null for an expression in braces. */
  readonly attributes: ReadonlyMap<string, string | true | null>;
  readonly children: readonly Component[];
  /** All text within it, its components' too. */
  readonly text: string;
}

export interface Link extends Place {
  readonly to: string;
}

/** A piece of JavaScript: `{process.env.HOME}`, `import x from 'y'`. */
export interface Script extends Place {
  readonly kind: 'expression' | 'module';
  readonly source: string;
}

export interface CodeBlock extends Place {
  readonly lang: string;
  /** What stands after the language. */
  readonly meta: string;
  readonly text: string;
}

export interface Picture extends Place {
  readonly src: string;
  readonly alt: string;
}

export interface LessonText {
  /** YAML; its first line is the text's second. Null where there is none. */
  readonly frontMatter: string | null;
  /** In the order of the text; those within others are their children. */
  readonly components: readonly Component[];
  readonly links: readonly Link[];
  readonly scripts: readonly Script[];
  readonly codeBlocks: readonly CodeBlock[];
  readonly pictures: readonly Picture[];
  /** Code in sentences. */
  readonly codes: readonly (Place & { readonly text: string })[];
}

type Parent = MdastNode & { readonly children: readonly MdastNode[] };
type Element = Extract<MdastNode, { type: 'mdxJsxFlowElement' | 'mdxJsxTextElement' }>;

const childrenOf = (node: MdastNode): readonly MdastNode[] => ('children' in node ? (node as Parent).children : []);
const placeOf = ({ position }: MdastNode): Place => ({
  line: position?.start.line ?? 1,
  column: position?.start.column ?? 1,
});

function isElement(node: MdastNode): node is Element {
  return node.type === 'mdxJsxFlowElement' || node.type === 'mdxJsxTextElement';
}

function textOf(node: MdastNode): string {
  if ('value' in node && typeof node.value === 'string') return node.value;
  return childrenOf(node).map(textOf).join('');
}

function attribute(given: MdxJsxAttributeUnion): [string, string | true | null] {
  if (given.type !== 'mdxJsxAttribute') return ['…', null];
  const { name, value } = given;
  return [name, typeof value === 'string' ? value : value == null ? true : null];
}

function componentsIn(nodes: readonly MdastNode[]): readonly Component[] {
  return nodes.flatMap((node) => {
    const children = componentsIn(childrenOf(node));
    if (!isElement(node) || !node.name) return children;
    return [
      {
        ...placeOf(node),
        name: node.name,
        attributes: new Map(node.attributes.map(attribute)),
        children,
        text: textOf(node),
      },
    ];
  });
}

/** Every node of the tree, in the order of the text. */
function nodesIn(nodes: readonly MdastNode[]): readonly MdastNode[] {
  return nodes.flatMap((node) => [node, ...nodesIn(childrenOf(node))]);
}

/** Throws Error, with line and column in its message, where the text is no MDX. */
export function readLessonText(text: string): LessonText {
  const { children } = mdxToMdast(text) as Parent;
  const all = nodesIn(children);
  const first = children.find(({ type }) => type === 'yaml');
  return {
    frontMatter: first === undefined ? null : textOf(first),
    components: componentsIn(children),
    links: all.flatMap((node) => (node.type === 'link' ? [{ ...placeOf(node), to: node.url }] : [])),
    scripts: all.flatMap((node): Script[] => {
      if (node.type === 'mdxjsEsm') return [{ ...placeOf(node), kind: 'module', source: node.value }];
      if (node.type !== 'mdxTextExpression' && node.type !== 'mdxFlowExpression') return [];
      return [{ ...placeOf(node), kind: 'expression', source: node.value }];
    }),
    codeBlocks: all.flatMap((node) =>
      node.type === 'code'
        ? [{ ...placeOf(node), lang: node.lang ?? '', meta: node.meta ?? '', text: node.value }]
        : [],
    ),
    pictures: all.flatMap((node) =>
      node.type === 'image' ? [{ ...placeOf(node), src: node.url, alt: node.alt ?? '' }] : [],
    ),
    codes: all.flatMap((node) => (node.type === 'inlineCode' ? [{ ...placeOf(node), text: node.value }] : [])),
  };
}

/** A component and all within it, in the order of the text. */
export function withThoseInside(components: readonly Component[]): readonly Component[] {
  return components.flatMap((each) => [each, ...withThoseInside(each.children)]);
}

/** The text of an attribute; undefined where it is not there or is no text. */
export function textAttribute({ attributes }: Component, name: string): string | undefined {
  const value = attributes.get(name);
  return typeof value === 'string' ? value : undefined;
}
