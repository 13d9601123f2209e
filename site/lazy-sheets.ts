/**
 * Takes the style sheets of parts that are loaded later out of the built pages. Astro links every sheet that a page's
 * scripts could ever load; Vite's loader brings each with its part anyway, and Monaco's is larger than a lesson.
 */
import { glob, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';

export function lazySheets(): AstroIntegration {
  return {
    name: 'lazy-sheets',
    hooks: {
      'astro:build:done': async ({ dir }) => {
        const root = fileURLToPath(dir);
        const lazy = new Set<string>();
        for await (const script of glob('_astro/*.js', { cwd: root })) {
          const text = await readFile(`${root}${script}`, 'utf8');
          for (const [sheet] of text.matchAll(/(?<=")_astro\/[\w.-]+\.css(?=")/g)) lazy.add(`/${sheet}`);
        }
        for await (const page of glob('**/*.html', { cwd: root })) {
          const html = await readFile(`${root}${page}`, 'utf8');
          const links = /<link rel="stylesheet" href="([^"]*)">/g;
          await writeFile(
            `${root}${page}`,
            html.replaceAll(links, (link, href: string) => (lazy.has(href) ? '' : link)),
          );
        }
      },
    },
  };
}
