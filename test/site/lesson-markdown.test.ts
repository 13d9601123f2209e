// What the lessons' Markdown has besides Markdown: parameters, code blocks, links that lead out, pictures.

import assert from 'node:assert/strict';
import { mdxToJs } from 'satteri';
import { test } from 'vitest';
import { readFence } from '../../lessons/schema/code-fence.ts';
import { highlight } from '../../site/src/lesson-markdown/highlight.ts';
import { lessonMarkdown } from '../../site/src/lesson-markdown/plugin.ts';

const made = async (text: string): Promise<string> => (await mdxToJs(text, { mdastPlugins: [lessonMarkdown] })).code;

test('a parameter in the text, in code and in a code block becomes a place for its value', async () => {
  assert.match(await made('On port {{port}}.'), /_jsx\(Value, \{ of: "port" \}\)/);
  assert.match(await made('{{port}}'), /_jsx\(_components\.p, \{ children: _jsx\(Value, \{ of: "port" \}\) \}\)/);
  assert.match(
    await made('Run `curl localhost:{{port}}`.'),
    /_jsx\(InlineCode, \{ text: "curl localhost:\{\{port\}\}" \}\)/,
  );
  assert.match(await made('Use `{{.Names}}`.'), /_jsx\(_components\.code, \{ children: "\{\{\.Names\}\}" \}\)/);
  assert.match(
    await made('```sh title="run.sh"\n# a\n## b {{port}}\n```'),
    /code: "# a\\n## b \{\{port\}\}",\s+lang: "sh",\s+meta: "title=\\"run\.sh\\""/,
  );
});

test('a link that leads out is one of its own kind, and one within Drydock is not', async () => {
  assert.match(
    await made('[Docs](https://docs.docker.com/)'),
    /_jsx\(OutsideLink, \{\s+to: "https:\/\/docs\.docker\.com\/"/,
  );
  assert.match(await made('[Glossary](/glossary/)'), /_jsx\(_components\.a, \{\s+href: "\/glossary\/"/);
  assert.match(await made('![A ship](ship.png)'), /_jsx\(Picture, \{\s+src: "ship\.png",\s+alt: "A ship"/);
});

test('a code block has a title and marked lines, and says what means nothing', () => {
  const { title, marked } = readFence('dockerfile', 'title="Dockerfile" {1,3-4}', 4);
  assert.equal(title, 'Dockerfile');
  assert.deepEqual([...marked], [1, 3, 4]);
  assert.throws(() => readFence('dockrfile', '', 1), /“dockrfile” is no language/);
  assert.throws(() => readFence('toString', '', 1), /is no language/);
  assert.throws(() => readFence('sh', '{3}', 2), /does not have: it has 2/);
  assert.throws(() => readFence('sh', '{2-1}', 2), /does not have/);
  assert.throws(() => readFence('sh', 'titel="x"', 2), /“titel="x"” means nothing/);
  assert.throws(() => readFence('sh', 'title=""', 2), /title of this code block is empty/);
});

test('code is coloured by kinds, a parameter is one piece, and nothing of the text is lost', async () => {
  const code = '# a comment\nFROM nginx:{{tag}} AS "x"\n\nRUN echo \\{{tag}} > /f';
  const lines = await highlight(code, 'dockerfile');
  assert.equal(
    lines.map((pieces) => pieces.map(({ text }) => text).join('')).join('\n'),
    '# a comment\nFROM nginx:TAG AS "x"\n\nRUN echo {{tag}} > /f',
  );
  assert.ok(lines[0]?.every(({ kind }) => kind === 'comment'));
  assert.deepEqual(
    lines[1]?.find(({ text }) => text === 'FROM'),
    { text: 'FROM', kind: 'keyword', value: undefined },
  );
  assert.deepEqual(
    lines.flat().flatMap(({ text, value }) => (value === undefined ? [] : [[text, value]])),
    [['TAG', 'tag']],
  );
  const plain = await highlight('$ docker ps {{name}}', 'console');
  assert.deepEqual(plain, [
    [
      { text: '$ docker ps ', kind: undefined, value: undefined },
      { text: 'NAME', kind: undefined, value: 'name' },
    ],
  ]);
  for (const lang of ['yaml', 'sh', 'json', 'js', 'py', 'html', 'css', 'nginx', 'ini', 'toml', 'diff'])
    assert.equal(
      (await highlight('a: 1\n+ b', lang))
        .flat()
        .map(({ text }) => text)
        .join(''),
      'a: 1+ b',
      lang,
    );
});
