// The system call filter of containers, as compiled: which sockets it lets a program open by each of the ways there are.

import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { compileSeccomp } from '../../../runtime/kernel/seccomp-bpf.ts';
import { defaultCapabilities, workspaceCapabilities } from '../../../runtime/oci/capabilities.ts';
import { seccompFor } from '../../../runtime/oci/seccomp.ts';
import { answerOf } from '../../support/filter-machine.ts';

const [x64, i386] = [0xc000003e, 0x40000003];
const x32 = 0x4000_0000;
const [EPERM, EACCES] = ['errno 1', 'errno 13'];
const somewhere = 0x4001;
const filters = {
  'of a container': compileSeccomp(seccompFor(defaultCapabilities)),
  'of the workspace': compileSeccomp(seccompFor(workspaceCapabilities)),
};

for (const [of, filter] of Object.entries(filters))
  describe(`A08: the filter ${of}`, { skip: process.arch !== 'x64' }, () => {
    const ask = (architecture: number, number: number, ...args: (number | bigint)[]): string =>
      answerOf(filter, { architecture, number, args });

    test('lets TCP, UDP, raw IP and Unix sockets be opened, of 64-bit and 32-bit programs', () => {
      for (const domain of [1, 2, 10])
        for (const type of [1, 2, 3, 1 | 0o4000, 2 | 0o2000000]) {
          assert.equal(ask(x64, 41, domain, type, 0), 'allow', `${domain}, ${type}`);
          assert.equal(ask(i386, 359, domain, type, 0), 'allow', `${domain}, ${type}`);
        }
    });

    test('refuses every other domain, whole or with bits that the kernel drops', () => {
      const others = Array.from({ length: 64 }, (_, domain) => domain).filter(
        (domain) => ![1, 2, 10, 16].includes(domain),
      );
      for (const domain of others) {
        assert.equal(ask(x64, 41, domain, 3, 0), EPERM, `${domain}`);
        assert.equal(ask(i386, 359, domain, 3, 0), EPERM, `${domain}`);
      }
      for (let domain = 0n; domain < 64n; domain++) assert.equal(ask(x64, 41, 2n ** 32n + domain, 3, 0), EPERM);
    });

    test('knows SOCK_PACKET for what it is', () => {
      for (const type of [10, 10 | 0o2000000, 10 | 0o4000]) {
        assert.equal(ask(x64, 41, 2, type, 0x300), EPERM);
        assert.equal(ask(i386, 359, 2, type, 0x300), EPERM);
      }
    });

    test('lets netlink be asked about routes, sockets and devices alone', () => {
      const allowed = Array.from({ length: 32 }, (_, protocol) => protocol).filter(
        (protocol) => ask(x64, 41, 16, 3, protocol) === 'allow',
      );
      assert.deepEqual(allowed, [0, 4, 9, 15, 16]);
      assert.equal(ask(x64, 41, 16, 3, 2n ** 32n + 12n), EPERM);
    });

    test('opens no socket by socketcall, whose arguments it cannot see, and lets its other calls be', () => {
      for (let pointer = somewhere; pointer < somewhere + 16; pointer++) {
        assert.equal(ask(i386, 102, 1, pointer), EACCES);
        assert.equal(ask(i386, 102, 8, pointer), EACCES);
      }
      for (const call of [2, 3, 4, 5, 9, 11]) assert.equal(ask(i386, 102, call, somewhere), 'allow');
    });

    test('makes pairs of Unix sockets alone', () => {
      assert.equal(ask(x64, 53, 1, 1, 0), 'allow');
      assert.equal(ask(x64, 53, 30, 1, 0), EPERM);
      assert.equal(ask(i386, 360, 30, 1, 0), EPERM);
    });

    test('ends who calls by the numbers of x32', () => {
      for (const call of [39, 41, 53]) assert.equal(ask(x64, x32 + call, 17, 3, 0), 'kill');
    });
  });
