// Metrics: what they tell, to whom, and that nothing of a student is among them.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Histogram, metricsText } from '../../../sandbox-server/metrics/text.ts';
import { startTestServer } from '../server.ts';

test('metrics tell labs, starts, failures, loops, memory and disk in the text format', async () => {
  await using server = await startTestServer({ capacity: 1 });
  const [lab] = [await server.open(), await server.open()];
  await server.ask('GET', '/api/nothing');
  const { status, text, headers } = await server.ask('GET', '/metrics');
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  for (const line of [
    /^drydock_labs\{state="live"\} 1$/m,
    /^drydock_labs\{state="queued"\} 1$/m,
    /^drydock_capacity_hosts 1$/m,
    /^drydock_lab_start_seconds_count \d+$/m,
    /^drydock_lab_start_seconds_bucket\{le="\+Inf"\} \d+$/m,
    /^drydock_engine_up 0$/m,
    /^drydock_event_loop_delay_seconds\{quantile="0\.99"\} [\d.e-]+$/m,
    /^drydock_memory_bytes \d{7,}$/m,
    /^drydock_disk_free_bytes \d+$/m,
    /^drydock_draining 0$/m,
  ])
    assert.match(text, line);
  for (const line of text.trim().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) drydock_\w+ .+|drydock_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? (NaN|[\d.e+-]+))$/);
  assert.ok(!text.includes(lab?.session ?? '?') && !text.includes('playground') && !text.includes('127.0.0.1'));
});

test('F10 metrics are for this machine alone: who comes through a proxy finds no such address', async () => {
  await using server = await startTestServer({ trustedProxies: ['127.0.0.1'] });
  const status = async (headers: Readonly<Record<string, string>>) =>
    (await server.ask('GET', '/metrics', { headers })).status;
  assert.equal(await status({}), 200);
  assert.equal(await status({ 'x-forwarded-for': '203.0.113.5' }), 404);
  assert.equal(await status({ 'x-forwarded-for': '127.0.0.1' }), 404);
  assert.equal(await status({ 'x-real-ip': '203.0.113.5' }), 404);
  assert.equal(await status({ via: '1.1 caddy' }), 404);
  await using named = await startTestServer({ publicOrigin: 'https://drydock.example.org' });
  const asked = (host: string) => named.ask('GET', '/metrics', { headers: { host } });
  assert.equal((await asked('drydock.example.org')).status, 404);
  assert.equal((await asked(`127.0.0.1:${named.settings.port}`)).status, 200);
});

test('F10 with a token metrics are for who sends it, from wherever, and for nobody else', async () => {
  await using server = await startTestServer({ metricsToken: 'prometheus-token', invite: 'a-secret-code' });
  const status = async (headers: Readonly<Record<string, string>>) =>
    (await server.ask('GET', '/metrics', { headers })).status;
  const forwarded = { 'x-forwarded-for': '203.0.113.5' };
  assert.equal(await status({ ...forwarded, authorization: 'Bearer prometheus-token' }), 200);
  assert.equal(await status({}), 404);
  for (const authorization of ['Bearer prometheus-tokem', 'Bearer', 'Basic prometheus-token', 'prometheus-token'])
    assert.equal(await status({ authorization }), 404, authorization);
});

test('a histogram counts what is at most each bound, and labels are escaped', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value);
  const text = metricsText([{ name: 'a', help: 'b', type: 'histogram', samples: histogram.samples }]);
  assert.equal(
    text,
    '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="2"} 3\na_bucket{le="+Inf"} 4\na_sum 12\na_count 4\n',
  );
  assert.match(
    metricsText([{ name: 'a', help: 'b', type: 'gauge', samples: [{ labels: { l: 'x"\n\\' }, value: 1 }] }]),
    /^a\{l="x\\"\\n\\\\"\} 1$/m,
  );
});
