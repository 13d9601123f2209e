// The built site keeps to the server's policy and to its size: nothing inline, nothing from elsewhere, little to load.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { test } from 'vitest';

const dist = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../site/dist');
const mostScriptBytes = 60 * 1024;
/** Where the site is not built (npm run build -w site). */
const skip = !existsSync(path.join(dist, 'index.html'));

async function read(file: string): Promise<string> {
  return await readFile(path.join(dist, file), 'utf8');
}

async function pages(): Promise<string[]> {
  return await Array.fromAsync(glob('**/*.html', { cwd: dist }));
}

test('no page has a script, a style or a handler inline', { skip }, async () => {
  for (const page of await pages()) {
    const html = await read(page);
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)[^>]*>/, `${page}: inline script`);
    assert.doesNotMatch(html, /<style\b|\sstyle="|\son[a-z]+="|javascript:/, `${page}: inline style or handler`);
  }
});

test('nothing is loaded from elsewhere', { skip }, async () => {
  for (const page of await pages()) {
    const html = await read(page);
    for (const [, address] of html.matchAll(/<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)="([^"]*)"/g)) {
      assert.match(address ?? '', /^\/(?!\/)/, `${page}: ${address}`);
    }
  }
  for await (const sheet of glob('**/*.css', { cwd: dist })) {
    assert.doesNotMatch(await read(sheet), /url\(["']?(?!\/_astro\/|data:)|@import/, sheet);
  }
});

/** What a page loads before it asks for more by itself: its scripts, and what they import statically. */
async function scriptsOf(page: string): Promise<Set<string>> {
  const found = new Set<string>();
  const follow = async (file: string): Promise<void> => {
    if (found.has(file)) return;
    found.add(file);
    const text = await read(file);
    for (const [, next] of text.matchAll(/(?:from|import)\s*["'](\.\/[^"']+\.js)["']/g)) {
      if (next) await follow(path.join(path.dirname(file), next));
    }
  };
  for (const [, source] of (await read(page)).matchAll(/<script[^>]*src="\/([^"]+)"/g))
    if (source) await follow(source);
  return found;
}

test(`a lesson loads less than ${mostScriptBytes / 1024} KB of scripts before its lab starts`, { skip }, async () => {
  let bytes = 0;
  for (const script of await scriptsOf('lessons/first-container/index.html')) {
    bytes += gzipSync(await readFile(path.join(dist, script))).length;
  }
  assert.ok(bytes > 1024 && bytes < mostScriptBytes, `${bytes} bytes`);
});

test('no lab is needed to read a lesson', { skip }, async () => {
  const html = await read('lessons/first-container/index.html');
  assert.match(html, /<noscript>.*The lab needs JavaScript/s);
  for (const part of [
    'docker run -d --name web -p 8080:80 nginx',
    'Stopping keeps',
    'Removing a container loses',
    'Right.',
  ]) {
    assert.ok(html.includes(part), part);
  }
});

test('the images page names every image that a student can pull, and none of the others', { skip }, async () => {
  const html = await read('images/index.html');
  const recipes = path.resolve(dist, '../../lessons/images');
  for await (const file of glob('*/image.yaml', { cwd: recipes })) {
    const name = path.dirname(file);
    const offered = !/^offered: false$/m.test(await readFile(path.join(recipes, file), 'utf8'));
    assert.equal(html.includes(`<div id="${name}">`), offered, name);
  }
});

test('a lesson lists its sections, and each of these leads to one', { skip }, async () => {
  for (const page of (await pages()).filter((name) => name.startsWith('lessons/'))) {
    const html = await read(page);
    const nav = /<nav class="contents".*?<\/nav>/s.exec(html)?.[0] ?? '';
    const listed = [...nav.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    const text = /<article class="prose">.*<\/article>/s.exec(html)?.[0] ?? '';
    const there = [...text.matchAll(/<h2\b[^>]* id="([^"]+)"/g)].map(([, id]) => id);
    assert.ok(listed.length > 3, page);
    assert.deepEqual(listed, there, page);
  }
});

test('what draws terminals and the editor is loaded when it is wanted, not with a page', { skip }, async () => {
  const html = await read('playground/index.html');
  let linked = 0;
  for (const [, sheet = ''] of html.matchAll(/<link rel="stylesheet" href="\/([^"]+)"/g)) {
    linked++;
    assert.doesNotMatch(await read(sheet), /\.monaco-editor|\.xterm-helper-textarea/, sheet);
  }
  assert.ok(linked > 0);
  for (const script of await scriptsOf('playground/index.html')) {
    assert.doesNotMatch(await read(script), /monaco-editor|xterm-helper-textarea/, script);
  }
});
