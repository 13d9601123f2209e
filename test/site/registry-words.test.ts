// Registries in words: a sentence for each, for what travels, and for what has arrived.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { RegistriesView, ViewMove } from '../../sandbox-server/protocol.ts';
import {
  cargoName,
  cargoWords,
  layerWords,
  moveNews,
  registriesInWords,
} from '../../site/src/components/engine-view/registry-words.ts';

const layer = { id: 'a', bytes: 12_000_000, movedBytes: 12_000_000, state: 'moved' } as const;
const push: ViewMove = {
  id: 1,
  host: 'dev',
  direction: 'push',
  registry: 'hub.drydock',
  repository: 'ann/web',
  reference: '2',
  state: 'done',
  fresh: true,
  layers: [
    { ...layer, id: 'b', state: 'there', movedBytes: 0 },
    { ...layer, id: 'c', state: 'elsewhere', movedBytes: 0 },
    layer,
  ],
};
const view: RegistriesView = {
  type: 'registries',
  registries: [
    {
      name: 'hub.drydock',
      hub: true,
      repositories: [
        { name: 'ann/web', visibility: 'public', tags: [{ name: '1', digest: '0123456789ab' }] },
        { name: 'ann/new', visibility: 'private', tags: [] },
      ],
    },
    { name: 'localhost:5000', hub: false, repositories: [] },
  ],
  moves: [push],
  more: false,
};

test('what is there, and what has travelled, is told in sentences', () => {
  assert.deepEqual(registriesInWords(view), [
    'Registry hub.drydock, the hub: ann/web (public) with the tag 1 at 0123456789ab; ann/new (private) with no tag.',
    'Registry localhost:5000: nothing of this lab is in it.',
    'dev has pushed ann/web:2 to hub.drydock: 1 layer sent, 2 were there already.',
  ]);
  assert.deepEqual(registriesInWords(undefined), []);
  assert.deepEqual(registriesInWords({ ...view, registries: [] }), []);
});

test('an image on its way is told layer by layer', () => {
  const pull: ViewMove = { ...push, direction: 'pull', reference: '@0123456789ab', state: 'going' };
  assert.equal(cargoName(pull), 'ann/web@0123456789ab');
  assert.deepEqual(
    pull.layers.map((one) => layerWords(one, pull)),
    ['there already', 'from another repository', 'fetched 12 MB'],
  );
  assert.equal(layerWords({ ...layer, state: 'moving', movedBytes: 4_000_000 }, push), '4 MB of 12 MB');
  assert.equal(layerWords({ ...layer, state: 'waiting' }, push), 'waits');
  assert.equal(layerWords({ ...layer, state: 'waiting' }, { ...push, state: 'failed' }), 'not sent');
  const waits = { ...layer, id: 'd', state: 'waiting' } as const;
  assert.equal(cargoWords({ ...pull, layers: [layer, waits] }), '1 layer fetched of 2');
  assert.equal(cargoWords({ ...push, layers: push.layers.slice(0, 1) }), 'no layer sent, 1 was there already');
  assert.equal(cargoWords({ ...push, state: 'failed' }), 'it did not arrive; the terminal says why');
});

test('what has arrived is news once, and what was there before is none', () => {
  const said = 'dev has pushed ann/web:2 to hub.drydock: 1 layer sent, 2 were there already.';
  assert.equal(moveNews(undefined, view), said);
  assert.equal(moveNews(view, view), '');
  const going = { ...view, moves: [{ ...push, state: 'going' as const }] };
  assert.equal(moveNews(undefined, going), '');
  assert.equal(moveNews(going, view), said);
  assert.equal(moveNews(undefined, { ...view, moves: [{ ...push, fresh: false }] }), '');
});
