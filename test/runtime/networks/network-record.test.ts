// A network as engines before IPv6 stored it.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { networkOfRecord } from '../../../runtime/networks/network.ts';
import { networkKind } from '../../../runtime/networks/network-record.ts';
import { readBody } from '../../../runtime/store/record-kind.ts';

const stored = `{"id":"${'ab'.repeat(32)}","name":"app","createdAt":"2026-11-28T10:00:00.000Z",
  "subnet":{"ip":"10.9.0.0","prefixLength":16},"gateway":"10.9.0.254","ipRange":{"ip":"10.9.5.0","prefixLength":24},
  "reserved":["10.9.5.1"],"asked":{"Subnet":"10.9.0.0/16","IPRange":"10.9.5.0/24","Gateway":"10.9.0.254"},
  "internal":false,"attachable":false,"options":{},"ipamOptions":null,"labels":{"a":"b"}}`;

test('a network of an engine that knew no IPv6 is read as it is, without IPv6', () => {
  for (const version of [0, 1]) {
    const record = readBody(networkKind, version, JSON.parse(stored));
    assert.deepEqual(record, { ...JSON.parse(stored), ipv6: null, askedIpv6: null });
    const { bridge } = networkOfRecord(record);
    assert.deepEqual([bridge?.link, bridge?.gateway, bridge?.ipv6], ['br-abababababab', '10.9.0.254', null]);
  }
});
