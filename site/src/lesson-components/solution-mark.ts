/** Where Solution.astro wants its task's script: only the task around it knows which one that is. */
export const solutionMark = '<i data-solution-script></i>';
