// Registries with TLS: whose certificates are believed, and the way to them by a proxy.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, test } from 'vitest';
import { nobody } from '../../../runtime/registries/credentials.ts';
import type { Way } from '../../../runtime/registries/dial.ts';
import { listTags } from '../../../runtime/registries/list-tags.ts';
import { Repository } from '../../../runtime/registries/repository.ts';
import { Transport } from '../../../runtime/registries/transport.ts';
import { TestRegistry } from '../../support/registry.ts';
import { type TestDirectory, temporaryDirectory } from '../images/fixture.ts';

let directory: TestDirectory;
let registry: TestRegistry;
let certificate: string;
/** One whose certificate has its name in the subject alone. */
let legacy: TestRegistry;
let legacyCertificate: string;
/** The name in its certificate. */
const name = 'registry.example';

beforeAll(async () => {
  directory = await temporaryDirectory();
  [registry, certificate] = await openWith('-addext', `subjectAltName=DNS:${name}`);
  [legacy, legacyCertificate] = await openWith();
  await registry.putImage('app', '1', ['content']);
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await legacy?.[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

async function openWith(...more: string[]): Promise<[TestRegistry, string]> {
  const [keyFile, certFile] = [`${directory.path}/key.pem`, `${directory.path}/cert.pem`];
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-keyout', keyFile, '-out', certFile, '-subj', `/CN=${name}`, ...more],
  ]);
  const cert = readFileSync(certFile, 'utf8');
  return [await TestRegistry.open(undefined, { key: readFileSync(keyFile, 'utf8'), cert }), cert];
}

async function tags(way: Partial<Way>, domain: string): Promise<readonly string[]> {
  const resolve = async () => assert.fail('a name was looked up');
  using transport = new Transport({ resolve, ...way }, 20_000);
  return await listTags(
    await Repository.open(transport, { domain, path: 'app', credentials: nobody, actions: 'pull' }),
  );
}

/** Leads every CONNECT to the registry, and remembers what was asked for. */
async function openProxy(
  answer: (target: string) => boolean,
  to = registry.port,
): Promise<AsyncDisposable & { readonly port: number; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = http.createServer();
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    if (!answer(request.url ?? '')) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const there = net.connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    for (const end of [there, socket]) end.on('error', () => undefined);
    socket.once('close', () => there.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    port: (server.address() as net.AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a registry on the own localhost needs no certificate that is believed', async () => {
  assert.deepEqual(await tags({}, `127.0.0.1:${registry.port}`), ['1']);
});

test('elsewhere the certificate must be one that the host has in certs.d, and for that name; a proxy is asked by the name', async () => {
  await using proxy = await openProxy(() => true);
  const way = { proxy: { address: '127.0.0.1', port: proxy.port, isNear: () => false } };
  const places: string[] = [];
  const authorities = (place: string): string => {
    places.push(place);
    return certificate;
  };
  assert.deepEqual(await tags({ ...way, authorities }, name), ['1']);
  assert.deepEqual(await tags({ ...way, authorities }, `${name}:8443`), ['1']);
  assert.deepEqual([...new Set(places)], [name, `${name}:8443`]);
  assert.deepEqual([...new Set(proxy.asked)], [`${name}:443`, `${name}:8443`]);
  await assert.rejects(tags(way, name), {
    message: `Get "https://${name}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  });
  await assert.rejects(
    tags({ ...way, authorities }, 'other.example'),
    /x509: certificate is valid for registry\.example, not other\.example$/,
  );
});

test('a name in the subject of a certificate alone is no name', async () => {
  const way = { authorities: () => legacyCertificate };
  await using proxy = await openProxy(() => true, legacy.port);
  await assert.rejects(
    tags({ ...way, proxy: { address: '127.0.0.1', port: proxy.port, isNear: () => false } }, name),
    /: x509: certificate relies on legacy Common Name field, use SANs instead$/,
  );
});

test('what the proxy does not let through is told, and what is near goes not there', async () => {
  await using proxy = await openProxy(() => false);
  const way = { proxy: { address: '127.0.0.1', port: proxy.port, isNear: (one: string) => one === 'near' } };
  await assert.rejects(tags(way, name), {
    message: `Get "https://${name}/v2/": proxyconnect tcp 127.0.0.1:${proxy.port}: Forbidden`,
  });
  assert.deepEqual(await tags({ ...way, resolve: async () => ['127.0.0.1'] }, `near:${registry.port}`), ['1']);
  assert.deepEqual(await tags(way, `127.0.0.1:${registry.port}`), ['1']);
  assert.deepEqual(proxy.asked, [`${name}:443`]);
});
