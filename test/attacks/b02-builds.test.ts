// Images and caches for builds that are not what their digests say: from the client's directories and from a registry. Nothing of them
// is taken, and what is true is taken afterwards. What pulls and loads do with such: b02-registries.test.ts, load.test.ts.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Client, ClientLab } from '../runtime/build/clients.ts';
import { until } from '../support/until.ts';

const lab = new ClientLab();
let client: Client;

/** Serves the image that the directory `lie` has. */
const registry = `
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Lying(BaseHTTPRequestHandler):
    def do_GET(self):
        digest = self.path.rpartition('/')[2]
        file = 'lie/blobs/' + digest.replace(':', '/')
        found = self.path == '/v2/' or os.path.isfile(file)
        body = open(file, 'rb').read() if self.path != '/v2/' and found else b''
        self.send_response(200 if found else 404)
        if '/manifests/' in self.path:
            self.send_header('Content-Type', 'application/vnd.oci.image.manifest.v1+json')
            self.send_header('Docker-Content-Digest', digest)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command == 'GET':
            self.wfile.write(body)
    do_HEAD = do_GET
HTTPServer(('127.0.0.1', 5003), Lying).serve_forever()
`;

/** What is done to a file. */
const changes = {
  'its last byte is another': 'f.seek(-1, 2); b = f.read(1)[0]; f.seek(-1, 2); f.write(bytes([b ^ 1]))',
  'it has a byte more': 'f.seek(0, 2); f.write(b" ")',
  'it has a byte less': 'f.seek(-1, 2); f.truncate()',
};
const parts = ['manifest', 'config', 'layer'] as const;
const lies = parts.flatMap((part) => Object.entries(changes).map(([name, change]) => ({ part, name, change })));

/** The digest of a layout's manifest, and of each part of its image. */
async function namesOf(layout: string): Promise<Readonly<Record<(typeof parts)[number], string>>> {
  const { manifests } = await client.json(`${layout}/index.json`);
  const [top] = manifests as { digest: string }[];
  const manifest = top?.digest ?? assert.fail('it has no manifest');
  const { config, layers } = (await client.json(`${layout}/blobs/${manifest.replace(':', '/')}`)) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  return { manifest, config: config.digest, layer: layers.at(-1)?.digest ?? assert.fail('it has no layer') };
}

/** The directory `lie`: a copy of one, with one file changed. */
async function lie(of: string, part: (typeof parts)[number], change: string): Promise<string> {
  const names = await namesOf(of);
  const file = `lie/blobs/${names[part].replace(':', '/')}`;
  await client.said(`rm -rf lie && cp -r ${of} lie && chmod u+w ${file} && python3 -c '
with open("${file}", "r+b") as f: ${change}'`);
  return names.manifest;
}

describe('B02 on builds', () => {
  beforeAll(async () => {
    client = lab.of('inside');
    await client.directory('true', {
      // What nobody has whose build has not made it.
      Dockerfile: 'FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /own\n',
      Uses: 'FROM base\nRUN cat /own\n',
      Pulls: 'ARG BASE\nFROM $BASE\nRUN cat /own\n',
    });
    await client.said(`docker build -q -t made -o type=oci,dest=layout,tar=false true
    docker build -q -t made --cache-to type=local,dest=cache,mode=max true && docker run --rm made cat /own > own
    docker rmi -f made && docker builder prune -af`);
    await client.directory('.', { 'registry.py': registry });
    await client.said('exec python3 registry.py > /dev/null 2>&1 < /dev/null & echo $! > pid');
    await until('the registry answers', async () => (await client.shell('curl -sf localhost:5003/v2/')).exitCode === 0);
  });

  afterAll(async () => {
    await client.said('kill $(cat pid)');
  });

  test.each(lies)('of an image the $part is not what it should be: $name', async ({ part, change }) => {
    const digest = await lie('layout', part, change);
    const why = /digest says|verification failed for digest|has not the \d+ bytes/;
    const build = 'docker build --progress=plain';
    assert.match(await client.refused(`${build} -f true/Uses --build-context base=oci-layout://lie true`), why);
    const base = `localhost:5003/lies@${digest}`;
    assert.match(await client.refused(`${build} -f true/Pulls --build-arg BASE=${base} true`), why);
    assert.equal(await client.said('docker images -q'), await client.said('docker images -q busybox'));
  });

  test.each(lies)('of a cache the $part is not what it should be: $name', async ({ part, change }) => {
    await lie('cache', part, change);
    // The step is done again, or the build fails: what the cache says is in no image.
    const { exitCode, stdout, stderr } =
      await client.shell(`docker build -q -t fresh --cache-from type=local,src=lie true &&
      docker run --rm fresh cat /own`);
    assert.notEqual(stdout.trim().split('\n').at(-1), (await client.said('cat own')).trim());
    if (exitCode !== 0) assert.match(stderr, /digest/);
    await client.said('docker rmi -f fresh; docker builder prune -af');
  });

  test('what is true is taken after all of that', async () => {
    const own = (await client.said('cat own')).trim();
    const build = 'docker build --progress=plain';
    await client.said('rm -rf lie && cp -r layout lie');
    const { manifest } = await namesOf('layout');
    const pulls = `${build} -f true/Pulls --build-arg BASE=localhost:5003/lies@${manifest} true`;
    assert.match(await client.told(pulls), new RegExp(own));
    assert.match(
      await client.told(`${build} --no-cache -f true/Uses --build-context base=oci-layout://layout true`),
      new RegExp(own),
    );
    await client.said('docker builder prune -af && docker build -q -t fresh --cache-from type=local,src=cache true');
    assert.equal((await client.said('docker run --rm fresh cat /own')).trim(), own);
  });
});
