/**
 * What the lessons' Markdown has besides Markdown: each of these becomes a component of `lesson-components/`, so that one
 * place says how it looks. `drydock lab lint` knows the same rules by lessons/schema/markdown.ts.
 *
 * `{{port}}` in the text and in `code` is a parameter; a code block has a title, marked lines and colours; a link that
 * leads out of Drydock opens in a tab of its own; a picture lies in the lesson's folder.
 */
import { defineMdastPlugin, type MdastPluginDefinition } from 'satteri';
import { holdsParameter } from '../../../lessons/schema/fill-in.ts';
import { leadsOut, parameterIn } from '../../../lessons/schema/markdown.ts';

const attributes = (all: Readonly<Record<string, string>>) =>
  Object.entries(all).map(([name, value]) => ({ type: 'mdxJsxAttribute' as const, name, value }));

export const lessonMarkdown: MdastPluginDefinition = defineMdastPlugin({
  name: 'drydock-lessons',
  code(node, context) {
    const said = attributes({ code: node.value, lang: node.lang ?? '', meta: node.meta ?? '' });
    context.replaceNode(node, { type: 'mdxJsxFlowElement', name: 'CodeBlock', attributes: said, children: [] });
  },
  inlineCode(node, context) {
    // A browser would begin a line after a dash, and in no long word.
    if (!holdsParameter(node.value) && !/-|\S{18}/.test(node.value)) return;
    const said = attributes({ text: node.value });
    context.replaceNode(node, { type: 'mdxJsxTextElement', name: 'InlineCode', attributes: said, children: [] });
  },
  mdxTextExpression(node, context) {
    const of = parameterIn(node.value);
    if (of === null) return;
    context.replaceNode(node, {
      type: 'mdxJsxTextElement',
      name: 'Value',
      attributes: attributes({ of }),
      children: [],
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
      type: 'mdxJsxTextElement',
      name: 'OutsideLink',
      attributes: said,
      children: [...node.children],
    });
  },
  image(node, context) {
    const said = attributes({ src: node.url, alt: node.alt ?? '' });
    context.replaceNode(node, { type: 'mdxJsxTextElement', name: 'Picture', attributes: said, children: [] });
  },
});
