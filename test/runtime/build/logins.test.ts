// Base images that not everybody may have: a registry is asked with what `docker login` has left at the client, by BuildKit through the
// client's session, and by the classic builder with what comes with the request.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { until } from '../../support/until.ts';
import { type Client, ClientLab } from './clients.ts';

const lab = new ClientLab();

/** A registry that wants to know who asks, notes it, and has nothing. */
const registry = `
from http.server import BaseHTTPRequestHandler, HTTPServer
class Asked(BaseHTTPRequestHandler):
    def do_GET(self):
        who = self.headers.get('Authorization')
        self.send_response(404 if who else 401)
        if who:
            with open('asked', 'a') as file:
                file.write(who + '\\n')
        else:
            self.send_header('WWW-Authenticate', 'Basic realm="ours"')
        self.send_header('Content-Length', '0')
        self.end_headers()
    do_HEAD = do_GET
HTTPServer(('127.0.0.1', 5002), Asked).serve_forever()
`;

const login = JSON.stringify({ auths: { 'localhost:5002': { auth: Buffer.from('ann:secret').toString('base64') } } });
const sent = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

for (const [generation, open] of Object.entries(lab.generations)) {
  describe(generation, () => {
    let client: Client;
    let workspace: Client;

    beforeAll(async () => {
      ({ client } = await open());
      workspace = lab.of(client.host);
      await workspace.directory('registry', { 'registry.py': registry });
      await workspace.said(
        '(cd registry && exec python3 registry.py) > /dev/null 2>&1 < /dev/null & echo $! > registry/pid',
      );
      const isThere = async () => (await workspace.shell('curl -s localhost:5002')).exitCode === 0;
      await until('the registry answers', isThere);
    });

    afterAll(async () => {
      await workspace.said('kill $(cat registry/pid); rm -r registry');
      await client.said("mkdir -p .docker; echo '{}' > .docker/config.json");
    });

    const builds = { BuildKit: 'docker build', 'the classic builder': 'DOCKER_BUILDKIT=0 docker build' };
    test.each(Object.entries(builds))('%s', async (_, build) => {
      const script = `printf 'FROM localhost:5002/base:1\\n' | ${build} -`;
      await client.said("mkdir -p .docker; echo '{}' > .docker/config.json");
      await workspace.said('rm -f registry/asked');
      await client.refused(script);
      assert.equal((await workspace.shell('test -e registry/asked')).exitCode, 1);
      await client.said(`echo '${login}' > .docker/config.json`);
      await client.refused(script);
      assert.match(await workspace.said('cat registry/asked'), new RegExp(`^${sent}$`, 'm'));
    });
  });
}
