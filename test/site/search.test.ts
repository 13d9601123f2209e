// The search finds what students look for, and shows why it found it.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { find, pieces, type SearchEntry, wordsOf } from '../../site/src/client/search-index.ts';
import { partsOf } from '../../site/src/lesson-text.ts';

const entry = (heading: string, text: string, page = '2 · Your first container'): SearchEntry => ({
  page,
  heading,
  text,
  address: `/#${heading}`,
});
const entries = [
  entry('Stop it', 'Docker asks the program to end. Stopping keeps a container’s data.'),
  entry('Visit it', 'Publish a port with -p 8080:80. docker ps shows it; `docker run` made it.'),
  entry('image', 'A set of files in layers.', 'Glossary'),
  entry('Run something', 'An image is a set of files. The image never changes. Images are pulled.'),
];
const headings = (question: string) => find(entries, question).map(({ entry: { heading } }) => heading);

test('places with all words come first, then those with at least half of them', () => {
  assert.deepEqual(headings('stop data'), ['Stop it']);
  assert.deepEqual(headings('ocker'), []);
  assert.deepEqual(headings('files layers'), ['image']);
  assert.deepEqual(headings('set files layers'), ['image', 'Run something']);
  assert.deepEqual(
    find(entries, 'set files layers').map(({ isWhole }) => isWhole),
    [true, false],
  );
  assert.deepEqual(headings('mongo elastic docker'), []);
  assert.deepEqual(headings('  '), []);
});

test('a question finds its place by the words that count', () => {
  assert.deepEqual(headings('how do I stop it?'), ['Stop it']);
  assert.deepEqual(headings('how to sto'), ['Stop it']);
  assert.deepEqual(headings('port already published')[0], 'Visit it');
});

test('a word with another ending or one slip is found, and marked', () => {
  for (const typed of ['stoping', 'sotp', 'stoppe']) assert.deepEqual(headings(typed), ['Stop it'], typed);
  assert.deepEqual(headings('imaeg'), ['image', 'Run something']);
  assert.deepEqual(find(entries, 'laiers')[0]?.excerpt.find(({ isHit }) => isHit)?.text, 'layers');
  assert.deepEqual(headings('liars'), []);
});

test('a word in a heading counts more than one in the text', () => {
  assert.deepEqual(headings('image'), ['image', 'Run something']);
  const many = entry('An image, its images and their images', 'image '.repeat(9));
  assert.equal(find([many, ...entries], 'image')[0]?.entry.heading, 'image');
});

test('commands and options are found as they are typed', () => {
  assert.deepEqual(headings('docker ps'), ['Visit it']);
  assert.deepEqual(headings('-p 8080:80'), ['Visit it']);
  assert.deepEqual(headings('(.*+?'), []);
});

test('the matched words are told apart from the rest, which is text', () => {
  assert.deepEqual(pieces('An image, <b>images</b>', wordsOf('IMAGE')), [
    { text: 'An ', isHit: false },
    { text: 'image', isHit: true },
    { text: ', <b>', isHit: false },
    { text: 'image', isHit: true },
    { text: 's</b>', isHit: false },
  ]);
  const [found] = find([entry('x', `${'word '.repeat(100)}needle ${'word '.repeat(100)}`)], 'needle');
  const excerpt = found?.excerpt.map(({ text }) => text).join('') ?? '';
  assert.match(excerpt, /^… (word )+needle (word )+…$/);
  assert.ok(excerpt.length < 200);
});

test('what looks like a heading in a code block is none, nor is Markdown’s own above footnotes', () => {
  const parts = partsOf(`
## A Dockerfile

\`\`\`dockerfile title="Dockerfile"
# syntax
## The base
FROM debian
\`\`\`

<Note title="Beside">

Text with a note.[^1]

### Inside

More.

</Note>

[^1]: The footnote.
`);
  assert.deepEqual(
    parts.map(({ heading }) => heading),
    ['A Dockerfile', 'Inside'],
  );
  assert.match(parts[0]?.text ?? '', /## The base FROM debian/);
  assert.match(parts.map(({ text }) => text).join(' '), /Text with a note.*The footnote\./s);
});

test('a lesson is cut at its headings, without its marks and without its answers', () => {
  const parts = partsOf(`
Before. <Term of="image">Images</Term> and {{port}}.

## Run \`it\`

<Task id="a" goal="Start \`web\`.">
  <Hint>Secret hint.</Hint>
  <Solution>Secret.</Solution>
</Task>

<Command run="echo hi > file" />

| column | what |
| --- | --- |
| \`-d\` | **detached** |

- [a link](/x/) here

### More

<Quiz>
  <Question id="q" asks="?"><Option id="o" says="secret">Secret.</Option></Question>
</Quiz>
After.
`);
  assert.deepEqual(parts, [
    { heading: '', text: 'Before. Images and PORT.' },
    { heading: 'Run it', text: 'Start web. echo hi > file column what -d detached a link here' },
    { heading: 'More', text: 'After.' },
  ]);
});
