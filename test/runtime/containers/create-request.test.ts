// The create body: what real clients send is taken, what is not supported is refused by name, what is wrong in Docker's words.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { parseCreateRequest } from '../../../runtime/containers/create-request.ts';
import { logBytesOf } from '../../../runtime/containers/log-config.ts';
import { EngineError } from '../../../runtime/errors.ts';

interface Body {
  [key: string]: unknown;
  HostConfig: Record<string, unknown>;
  NetworkingConfig: { EndpointsConfig: Record<string, Record<string, unknown>> };
}

/** Bodies as docker 28.5.2 and compose 2.40.3 send them, recorded. */
function recorded(name: string): Body {
  const all = JSON.parse(readFileSync(new URL('create-bodies.json', import.meta.url), 'utf8'));
  return structuredClone(all[name]);
}

function parse(change: Record<string, unknown> = {}, hostConfig: Record<string, unknown> = {}) {
  const body = recorded('docker run');
  return parseCreateRequest({ ...body, ...change, HostConfig: { ...body.HostConfig, ...hostConfig } }, 2);
}

function refused(message: string | RegExp, kind = 'invalid') {
  return (error: unknown) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.kind, kind);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}

describe('what clients send', () => {
  for (const name of ['docker run', 'docker run -i', 'docker run -t'])
    test(`takes the body of ${name}`, () => {
      const { config, hostConfig } = parseCreateRequest(recorded(name), 2);
      assert.equal(config.Image, 'base:1');
      assert.equal(hostConfig.NetworkMode, 'bridge');
      assert.equal(hostConfig.AutoRemove, true);
      assert.equal(hostConfig.ShmSize, 67108864);
      assert.equal(hostConfig.PidsLimit, null);
      assert.equal(hostConfig.IpcMode, 'private');
    });

  test('takes every option that docker create was recorded with', () => {
    const body = recorded('docker create with many options');
    const { config, hostConfig } = parseCreateRequest(body, 2);
    assert.deepEqual([config.Hostname, config.User, config.WorkingDir], ['h', '1:1', '/tmp']);
    assert.equal(hostConfig.NetworkMode, 'none');
    assert.deepEqual(hostConfig.CapDrop, ['ALL']);
    assert.deepEqual(hostConfig.Dns, ['1.1.1.1']);
    assert.deepEqual(hostConfig.ExtraHosts, ['a:1.2.3.4']);
    assert.deepEqual(hostConfig.Tmpfs, { '/tmp': '' });
    assert.deepEqual(hostConfig.Ulimits, [{ Name: 'nofile', Hard: 10, Soft: 10 }]);
    assert.deepEqual([hostConfig.Memory, hostConfig.NanoCpus, hostConfig.PidsLimit], [33554432, 500000000, 20]);
    assert.equal(hostConfig.ReadonlyRootfs, true);
  });

  test('takes what compose asks of a network of its own', () => {
    const body = recorded('compose up');
    const { hostConfig, networks } = parseCreateRequest(body, 2);
    assert.equal(hostConfig.NetworkMode, 'cmp_front');
    assert.deepEqual(networks?.cmp_front?.aliases, ['cmp-web-1', 'web']);
    assert.deepEqual(hostConfig.PortBindings, { '80/tcp': [{ HostIp: '', HostPort: '8081' }] });
  });

  test('takes a body with an image alone', () => {
    const { config, hostConfig } = parseCreateRequest({ Image: 'busybox' }, 2);
    assert.deepEqual([config.Cmd, config.Entrypoint, config.Env, config.Labels], [null, null, [], {}]);
    assert.equal(hostConfig.NetworkMode, 'bridge');
  });

  test('takes one string as a command of one word', () => {
    assert.deepEqual(parse({ Cmd: 'true', Entrypoint: 'sh' }).config.Cmd, ['true']);
  });

  test('takes a MAC address from the endpoint, else from the configuration', () => {
    assert.equal(parse({ MacAddress: '02:42:AC:11:00:09' }).macAddress, '02:42:AC:11:00:09');
    const body = recorded('docker run');
    body.NetworkingConfig.EndpointsConfig.default = { MacAddress: '02:42:ac:11:00:08' };
    assert.equal(parseCreateRequest(body, 2).macAddress, '02:42:ac:11:00:08');
    assert.equal(parse().macAddress, undefined);
  });
});

describe('what is not supported', () => {
  /** Each at something that is no default. */
  const wishes: [string, unknown][] = [
    ['CgroupParent', '/'],
    ['CgroupnsMode', 'host'],
    ['MaskedPaths', []],
    ['OomKillDisable', true],
    ['ReadonlyPaths', []],
    ['Runtime', 'runsc'],
    ['StorageOpt', { size: '1G' }],
  ];
  for (const [key, value] of wishes)
    test(`refuses HostConfig.${key} ${JSON.stringify(value)}`, () => {
      const why = /^HostConfig\.\w+ is not (supported yet by this engine|possible on a host of this engine): \w/;
      assert.throws(
        () => parse({}, { [key]: value }),
        (error) => refused(why)(error) && (error as Error).message.includes(key),
      );
    });

  test('refuses a rule for devices that nobody could write so', () => {
    assert.throws(() => parse({}, { DeviceCgroupRules: ['c 1:3 x'] }), refused(/device cgroup rule/));
    assert.deepEqual(parse({}, { DeviceCgroupRules: ['c 7:128 rwm'] }).hostConfig.DeviceCgroupRules, ['c 7:128 rwm']);
  });

  test('takes every form of a default', () => {
    for (const standard of [null, undefined]) for (const [key] of wishes) parse({}, { [key]: standard });
    for (const [key, standard] of [
      ['Binds', []],
      ['LogConfig', { Type: 'json-file', Config: {} }],
      ['LogConfig', { Type: '', Config: null }],
      ['RestartPolicy', { Name: '', MaximumRetryCount: 0 }],
      ['RestartPolicy', { MaximumRetryCount: 0, Name: 'no' }],
      ['RestartPolicy', {}],
      ['Sysctls', {}],
      ['CgroupnsMode', 'private'],
    ] as const)
      parse({}, { [key]: standard });
  });

  test('refuses settings of the kernel that count beyond the container', () => {
    for (const name of ['vm.swappiness', 'kernel.core_pattern', 'net.ipv4.ipfrag_high_thresh', 'net.ipv4.tcp_mem', ''])
      assert.throws(() => parse({}, { Sysctls: { [name]: '1' } }), refused(/^sysctl ".*" is not in a separate kernel/));
    assert.throws(
      () => parse({}, { Sysctls: { 'net.core.somaxconn': '1\n2' } }),
      refused(/the value must be one line/),
    );
    const own = { Sysctls: { 'net.core.somaxconn': '1' }, NetworkMode: 'host' };
    assert.throws(() => parse({}, own), refused(/^sysctl "net.core.somaxconn" not allowed in host network namespace$/));
  });

  test('keeps a log as large as all the files that are asked for, within what any log may have', () => {
    const bytes = (Config: object) =>
      logBytesOf(parse({}, { LogConfig: { Type: 'local', Config } }).hostConfig.LogConfig);
    assert.equal(bytes({}), 10 * 1024 * 1024);
    assert.equal(bytes({ 'max-size': '100k', 'max-file': '3' }), 300_000);
    assert.equal(bytes({ 'max-size': '1.5MB' }), 1_500_000);
    assert.equal(bytes({ 'max-size': '1g', 'max-file': '9' }), 10 * 1024 * 1024);
    assert.equal(bytes({ 'max-size': '1' }), 16 * 1024);
  });

  test('keeps of a health check what is said of it', () => {
    const checkOf = (Healthcheck: object) => parse({ Healthcheck }).config.Healthcheck;
    assert.deepEqual(checkOf({ Test: ['NONE'] }), { Test: ['NONE'] });
    assert.deepEqual(checkOf({ Test: [], Interval: 0 }), {});
    assert.deepEqual(checkOf({ test: ['CMD', 'true'], timeout: 1e9 }), { Test: ['CMD', 'true'], Timeout: 1e9 });
  });

  test('ignores what Docker does not know, and refuses a known option in any case of letters', () => {
    assert.deepEqual(parse({ Frobnicate: 1, Dns: ['1.1.1.1'] }, { Frobnicate: 1 }), parse());
    assert.equal(parse({}, { privileged: true }).hostConfig.Privileged, true);
    assert.throws(
      () => parse({ hostConfig: { CGROUPNSMODE: 'host' } }),
      refused(/^HostConfig\.CgroupnsMode is not supported yet/),
    );
    assert.throws(() => parse({ shell: ['sh'] }), refused(/^Shell is not supported yet/));
  });

  test('is not led astray by keys that are names of JavaScript', () => {
    const body = JSON.parse(
      '{"Image":"busybox","__proto__":{"User":"0"},"constructor":1,"HostConfig":{"__proto__":{"Privileged":true}}}',
    );
    assert.equal(parseCreateRequest(body, 2).config.User, '');
  });

  test('names the key of a value that has the wrong type', () => {
    assert.throws(
      () => parse({}, { Memory: '1g' }),
      refused('invalid JSON: HostConfig.Memory: expected number, received string'),
    );
  });
});

describe('what is wrong', () => {
  const table: [string | RegExp, Record<string, unknown>, Record<string, unknown>?][] = [
    ["the working directory 'tmp' is invalid, it needs to be an absolute path", { WorkingDir: 'tmp' }],
    [/may not lie in \/proc$/, { WorkingDir: '/proc/self/fd/7' }],
    [/may not lie in \/proc$/, { WorkingDir: '/var/..//proc/1/cwd' }],
    ['invalid signal: SIGNOPE', { StopSignal: 'SIGNOPE' }],
    ['invalid environment variable: =x', { Env: ['=x'] }],
    [/^invalid hostname format: /, { Hostname: 'a\n1.2.3.4 b' }],
    ['uids and gids must be in range 0-2147483647', { User: '4294967296' }],
    ['uids and gids must be in range 0-2147483647', { User: '2147483648' }],
    ['uids and gids must be in range 0-2147483647', { User: '-1' }],
    ['uids and gids must be in range 0-2147483647', { User: '1000:99999999999' }],
    ['invalid port specification: "0"', { ExposedPorts: { '0/tcp': {} } }],
    ['invalid port specification: "80/icmp"', {}, { PortBindings: { '80/icmp': [] } }],
    ['invalid port specification: "99999"', {}, { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '99999' }] } }],
    ['invalid port specification: "9-8"', {}, { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '9-8' }] } }],
    ['invalid port specification: "1-2-3"', {}, { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '1-2-3' }] } }],
    [/^invalid IP address for 80/, {}, { PortBindings: { '80/tcp': [{ HostIp: 'lo', HostPort: '1' }] } }],
    ['invalid CapAdd: unknown capability: "CAP_FLY"', {}, { CapAdd: ['fly'] }],
    [/^HostConfig.SecurityOpt "seccomp=unconfined" is not possible/, {}, { SecurityOpt: ['seccomp=unconfined'] }],
    ['bad format for add-host: "nope"', {}, { ExtraHosts: ['nope'] }],
    ['invalid IP address in add-host: "1.2.3"', {}, { ExtraHosts: ['a:1.2.3'] }],
    ['invalid ulimit type: nosuch', {}, { Ulimits: [{ Name: 'nosuch', Soft: 1, Hard: 1 }] }],
    [/^ulimit core above 0 is not possible/, {}, { Ulimits: [{ Name: 'core', Soft: 0, Hard: -1 }] }],
    [/^HostConfig.PidsLimit 257 is more than the 256 processes/, {}, { PidsLimit: 257 }],
    [/^ulimit soft limit/, {}, { Ulimits: [{ Name: 'nofile', Soft: 2, Hard: 1 }] }],
    [
      /^ulimit nofile: a hard limit of 4000000000 is more than this machine can give, which is \d+: ask for less$/,
      {},
      { Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 4_000_000_000 }] },
    ],
    ['invalid tmpfs option "bind"', {}, { Tmpfs: { '/t': 'bind' } }],
    ["invalid mount path: 'tmp' mount path must be absolute", {}, { Tmpfs: { tmp: '' } }],
    ['Minimum memory limit allowed is 6MB', {}, { Memory: 4096 }],
    [/^You should always set the Memory limit/, {}, { MemorySwap: 67108864 }],
    ['range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available', {}, { NanoCpus: 3e9 }],
    ['Invalid value 2000, range for oom score adj is [-1000, 1000]', {}, { OomScoreAdj: 2000 }],
    ['SHM size can not be less than 0', {}, { ShmSize: -1 }],
    ['Invalid value 0;1 for cpuset cpus: invalid format: 0;1', {}, { CpusetCpus: '0;1' }],
    ['Invalid value 0-9999 for cpuset cpus: invalid format: 0-9999', {}, { CpusetCpus: '0-9999' }],
    ['conflicting options: hostname and the network mode', { Hostname: 'h' }, { NetworkMode: 'container:a' }],
    [/^conflicting options: port publishing/, {}, { NetworkMode: 'container:a', PublishAllPorts: true }],
    [/^no image was named/, { Image: '' }],
    ['a command cannot contain a NUL character', { Cmd: ['a\0b'] }],
  ];
  for (const [message, config, hostConfig] of table)
    test(`refuses ${JSON.stringify({ ...config, ...hostConfig })}`, () => {
      const networking = hostConfig && 'NetworkMode' in hostConfig ? { NetworkingConfig: null } : {};
      assert.throws(() => parse({ ...networking, ...config }, hostConfig), refused(message));
    });

  test('takes any limit of locked memory, and keeps it as it was asked for', () => {
    const Ulimits = [{ Name: 'memlock', Soft: -1, Hard: -1 }];
    assert.deepEqual(parse({}, { Ulimits }).hostConfig.Ulimits, Ulimits);
  });

  test('takes a range of host ports, and the address of IPv6 that means all', () => {
    for (const HostPort of ['8000-8010', '8000-8000', '0', '']) {
      for (const HostIp of ['', '::', '0:0:0:0:0:0:0:0', '127.0.0.1'])
        parse({}, { PortBindings: { '80/tcp': [{ HostIp, HostPort }] } });
    }
  });

  test('keeps capabilities and security options as they are given', () => {
    const { hostConfig } = parse(
      {},
      { CapAdd: ['net_admin', 'CAP_SYS_TIME'], CapDrop: ['all'], SecurityOpt: ['no-new-privileges:true'] },
    );
    assert.deepEqual(hostConfig.CapAdd, ['net_admin', 'CAP_SYS_TIME']);
    assert.deepEqual(hostConfig.CapDrop, ['all']);
    assert.deepEqual(hostConfig.SecurityOpt, ['no-new-privileges:true']);
  });
});
