/**
 * How the site is built: static pages, MDX lessons, Preact for what is live.
 * The server's policy is `script-src 'self'`, so nothing may be inlined, and no island uses Astro's own `client:*`
 * (Astro starts those with an inline script); src/client/mount.ts starts them instead.
 */
import { satteri } from '@astrojs/markdown-satteri';
import mdx from '@astrojs/mdx';
import preact from '@astrojs/preact';
import { defineConfig } from 'astro/config';
import { compressed } from './compressed.ts';
import { lazySheets } from './lazy-sheets.ts';
import { lessonMediaFiles } from './lesson-media-files.ts';
import { lessonMarkdown } from './src/lesson-markdown/plugin.ts';

export default defineConfig({
  output: 'static',
  compressHTML: true,
  trailingSlash: 'always',
  build: { inlineStylesheets: 'never', format: 'directory' },
  integrations: [mdx(), preact(), lazySheets(), lessonMediaFiles(), compressed()],
  markdown: { syntaxHighlight: false, processor: satteri({ mdastPlugins: [lessonMarkdown] }) },
  devToolbar: { enabled: false },
  vite: {
    build: {
      assetsInlineLimit: 0,
      // `light-dark()`, nesting and `AbortSignal.any` as written; every browser since spring 2024 has them.
      target: ['chrome123', 'firefox124', 'safari17.5'],
      // Monaco with what we use of it, loaded when the editor is opened.
      chunkSizeWarningLimit: 4000,
    },
  },
});
