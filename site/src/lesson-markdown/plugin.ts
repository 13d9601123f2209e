/**
 * What the lessons' Markdown has besides Markdown: each of these becomes a component of `lesson-components/`, so that one
 * place says how it looks. Used by the site's build and by `drydock lab lint`; knows neither.
 *
 * `{{port}}` in the text and in `code` is a parameter; a code block has a title, marked lines and colours; a link that
 * leads out of Drydock opens in a tab of its own; a picture lies in the lesson's folder.
 */
import { defineMdastPlugin, type MdastPluginDefinition } from 'satteri';
import { holdsParameter } from '../../../lessons/schema/fill-in.ts';

/** The name of the parameter that an expression of MDX is: `{{port}}` is one with `{port}` in its braces. Else null. */
export function parameterIn(expression: string): string | null {
  return /^\s*\{\s*([a-z][a-zA-Z0-9]{0,31})\s*\}\s*$/.exec(expression)?.[1] ?? null;
}

/** Whether an address is of another site than Drydock. */
export function leadsOut(address: string): boolean {
  return /^https?:\/\//i.test(address);
}

const attributes = (all: Readonly<Record<string, string>>) =>
  Object.entries(all).map(([name, value]) => ({ type: 'mdxJsxAttribute' as const, name, value }));

export const lessonMarkdown: MdastPluginDefinition = defineMdastPlugin({
  name: 'drydock-lessons',
  code(node, context) {
    const said = attributes({ code: node.value, lang: node.lang ?? '', meta: node.meta ?? '' });
    context.replaceNode(node, { type: 'mdxJsxFlowElement', name: 'CodeBlock', attributes: said, children: [] });
  },
  inlineCode(node, context) {
    if (!holdsParameter(node.value)) return;
    const said = attributes({ text: node.value });
    context.replaceNode(node, { type: 'mdxJsxTextElement', name: 'InlineCode', attributes: said, children: [] });
  },
  mdxTextExpression(node, context) {
    const of = parameterIn(node.value);
    if (of === null) return;
    context.replaceNode(node, {
      ...{ type: 'mdxJsxTextElement', name: 'Value', attributes: attributes({ of }), children: [] },
    });
  },
  mdxFlowExpression(node, context) {
    const of = parameterIn(node.value);
    if (of === null) return;
    const value = { type: 'mdxJsxTextElement' as const, name: 'Value', attributes: attributes({ of }), children: [] };
    context.replaceNode(node, { type: 'paragraph', children: [value] });
  },
  link(node, context) {
    if (!leadsOut(node.url)) return;
    const said = attributes({ to: node.url });
    context.replaceNode(node, {
      ...{ type: 'mdxJsxTextElement', name: 'OutsideLink', attributes: said, children: [...node.children] },
    });
  },
  image(node, context) {
    const said = attributes({ src: node.url, alt: node.alt ?? '' });
    context.replaceNode(node, { type: 'mdxJsxTextElement', name: 'Picture', attributes: said, children: [] });
  },
});
