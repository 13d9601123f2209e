/** What the tasks of a lesson's text ask for, in words. */
import { type MdastNode, mdxToMdast } from 'satteri';
import { valuePieces } from './lesson-components/values.ts';

export interface TaskGoal {
  readonly id: string;
  /** Backticks mean code; a parameter is named, for it is another for each student. */
  readonly goal: string;
}

const childrenOf = (node: MdastNode): readonly MdastNode[] =>
  'children' in node ? (node.children as readonly MdastNode[]) : [];

/** `body` is MDX without its front matter. Throws Error where it is no MDX. */
export function taskGoals(body: string): readonly TaskGoal[] {
  const goalsIn = (node: MdastNode): readonly TaskGoal[] => {
    if ((node.type !== 'mdxJsxFlowElement' && node.type !== 'mdxJsxTextElement') || node.name !== 'Task')
      return childrenOf(node).flatMap(goalsIn);
    const said = (name: string): string => {
      const found = node.attributes.find((one) => one.type === 'mdxJsxAttribute' && one.name === name);
      return found !== undefined && typeof found.value === 'string' ? found.value : '';
    };
    const goal = valuePieces(said('goal'))
      .map(({ text }) => text)
      .join('');
    return [{ id: said('id'), goal }];
  };
  return goalsIn(mdxToMdast(body));
}
