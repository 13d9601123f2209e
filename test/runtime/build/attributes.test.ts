// What no command of docker asks for, but other clients of BuildKit may: a clear error too.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { checkAttributes, checkKind } from '../../../runtime/build/refusals.ts';

const asked = (name: string, value: string) => () => checkAttributes(new Map([[name, value]]));

test('a frontend must know what it is to be able to', () => {
  asked('frontend.caps', 'moby.buildkit.frontend.inputs,moby.buildkit.frontend.contexts+forward')();
  const none = 'moby.buildkit.frontend.nosuch';
  assert.throws(asked('frontend.caps', `moby.buildkit.frontend.subrequests,${none}`), {
    code: 12,
    message: `unsupported frontend capability ${none}`,
    details: [{ typeUrl: 'github.com/moby/buildkit/errdefs.FrontendCap+json', value: { name: none } }],
  });
});

test('a directory within an archive is no context', () => {
  asked('contextsubdir', '')();
  assert.throws(asked('contextsubdir', 'sub'), { message: /send it as an archive of its own/ });
});

test('a build graph is no build', () => {
  for (const frontend of ['dockerfile.v0', 'gateway.v0']) checkKind(frontend);
  assert.throws(() => checkKind(''), {
    code: 12,
    message: 'no build graph is taken here: builds are made of Dockerfiles',
  });
  assert.throws(() => checkKind('other.v1'), { code: 12, message: /^no frontend other\.v1 is here/ });
});
