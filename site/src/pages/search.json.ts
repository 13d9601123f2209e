/** The search's index, made when the site is built: every part of every lesson, and every word of the glossary. */
import { render } from 'astro:content';
import type { SearchEntry } from '../client/search-index.ts';
import { glossaryEntries, lessonEntries } from '../content-entries.ts';
import { addressOf } from '../lesson-address.ts';
import { partsOf } from '../lesson-text.ts';

export async function GET(): Promise<Response> {
  const parts = await Promise.all(
    (await lessonEntries()).map(async (lesson): Promise<SearchEntry[]> => {
      const { headings }: { headings: readonly { depth: number; slug: string }[] } = await render(lesson);
      // The heading above footnotes is Markdown's own, and no part of the text.
      const slugs = headings
        .filter(({ depth, slug }) => (depth === 2 || depth === 3) && slug !== 'footnote-label')
        .map(({ slug }) => slug);
      const page = `${lesson.data.number} · ${lesson.data.title}`;
      const address = `/lessons/${addressOf(lesson.id)}/`;
      const about = `${lesson.data.lede} You will be able to ${lesson.data.goals.join(', ')}.`.replaceAll('`', '');
      const parts = partsOf(lesson.body ?? '');
      const before = parts.filter(({ heading }) => heading === '').map(({ text }) => text);
      const start = { page, heading: '', address, text: [about, ...before].join(' ') };
      let place = 0;
      const rest = parts
        .filter(({ heading }) => heading !== '')
        .map(({ heading, text }) => ({ page, heading, address: `${address}#${slugs[place++]}`, text }));
      if (place !== slugs.length)
        throw new Error(`${lesson.id}: the search found ${place} of ${slugs.length} headings.`);
      return [start, ...rest];
    }),
  );
  const words = (await glossaryEntries()).map(
    ({ id, data }): SearchEntry => ({
      page: 'Glossary',
      heading: data.name,
      address: `/glossary/#${id}`,
      text: data.says.replaceAll('`', ''),
    }),
  );
  return Response.json([...parts.flat(), ...words]);
}
