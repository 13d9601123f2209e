/** What a lesson's front matter and the glossary may say. A key that is not here, or a wrong one, fails the build. */
import { defineCollection } from 'astro:content';
import { file, glob } from 'astro/loaders';
import { z } from 'astro/zod';
import { contentFolder } from './content-folder.ts';

const leftOut = (process.env.DRYDOCK_LEFT_OUT ?? '').split(',').filter((lesson) => lesson !== '');

const texts = glob({
  base: contentFolder,
  // Those with mistakes are left out by whoever builds: cli/supervisor/build-pages.ts.
  pattern: ['*/*/lesson.mdx', ...leftOut.map((lesson) => `!${lesson}/**`)],
  generateId: ({ entry }) => entry.replace(/\/lesson\.mdx$/, ''),
});

const lessons = defineCollection({
  loader: {
    ...texts,
    // A text that has not changed is kept from the build before with its path, which may be another folder's.
    load: (context) => {
      context.store.clear();
      return texts.load(context);
    },
  },
  schema: z.strictObject({
    title: z.string().max(60),
    /** One or two sentences under the title, and in the list of lessons. */
    lede: z.string().max(240),
    track: z.string().max(40),
    /** The lesson's number in the course. */
    number: z.int().positive(),
    /** How long it takes most people. */
    minutes: z.int().min(5).max(15),
    /** Completes the sentence "You will be able to …". */
    goals: z.array(z.string().max(120)).min(2).max(6),
  }),
});

const glossary = defineCollection({
  loader: file(`${contentFolder}/glossary.yaml`),
  schema: z.strictObject({
    id: z.string().regex(/^[a-z0-9-]{2,40}$/),
    name: z.string().max(40),
    /** One sentence; backticks mean code. */
    says: z.string().max(200),
    /** The number of the lesson that teaches it. */
    lesson: z.int().positive(),
  }),
});

/** YAML takes 1.26 for a number. */
const tags = z.array(z.coerce.string());

const imageFiles = glob({
  base: `${contentFolder}/images`,
  pattern: '*/image.yaml',
  generateId: ({ entry }) => entry.replace(/\/image\.yaml$/, ''),
});

/** What the images page tells of a recipe; the engine is who checks the whole of it. */
const images = defineCollection({
  loader: {
    ...imageFiles,
    load: (context) => {
      context.store.clear();
      return imageFiles.load(context);
    },
  },
  schema: z.object({
    summary: z.string().default(''),
    offered: z.boolean().default(true),
    tags: tags.default(['latest']),
    variants: z.record(z.string(), z.object({ tags: tags.default([]) })).optional(),
    /** Drydock's own, and not of another content folder: cli/content/gather-images.ts. */
    own: z.boolean().default(true),
  }),
});

export const collections = { glossary, images, lessons };
