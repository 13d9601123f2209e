// Platforms: `linux/amd64`, `linux/arm/v7`, `arm64`, as github.com/containerd/platforms reads and writes them.

import { joinPath, quote } from './go-text.ts';
import { LanguageError } from './source.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

const systems = [
  ...['aix', 'android', 'darwin', 'dragonfly', 'freebsd', 'hurd', 'illumos', 'ios', 'js', 'linux', 'nacl', 'netbsd'],
  ...['openbsd', 'plan9', 'solaris', 'windows', 'zos'],
];
const architectures = [
  ...['386', 'amd64', 'amd64p32', 'arm', 'armbe', 'arm64', 'arm64be', 'ppc64', 'ppc64le', 'loong64', 'mips', 'mipsle'],
  ...['mips64', 'mips64le', 'mips64p32', 'mips64p32le', 'ppc', 'riscv', 'riscv64', 's390', 's390x', 'sparc'],
  ...['sparc64', 'wasm'],
];

const systemPattern = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/;
const componentPattern = /^[A-Za-z0-9_.-]+$/;

const normalSystem = (name: string): string => {
  const lower = name.toLowerCase() || 'linux';
  return lower === 'macos' ? 'darwin' : lower;
};

function normalArchitecture(name: string, writtenVariant: string): readonly [string, string] {
  const [lower, variant] = [name.toLowerCase(), writtenVariant.toLowerCase()];
  switch (lower) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      if (['8', 'v8', 'v8.0'].includes(variant)) return ['arm64', ''];
      return ['arm64', ['9', '9.0', 'v9.0'].includes(variant) ? 'v9' : variant];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      if (variant === '' || variant === '7') return ['arm', 'v7'];
      return ['arm', ['5', '6', '8'].includes(variant) ? `v${variant}` : variant];
  }
  return [lower, variant];
}

const platform = (os: string, osVersion: string, [architecture, variant]: readonly [string, string]): Platform => ({
  os,
  architecture,
  ...(variant !== '' && { variant }),
  ...(osVersion !== '' && { osVersion }),
});

/** Docker's names of the machine: `x64` is `amd64`. */
function ownArchitecture(): string {
  // A browser does not say: there it only stands in what nobody is told.
  if (!('process' in globalThis)) return 'amd64';
  return { x64: 'amd64', ia32: '386' }[process.arch as string] ?? process.arch;
}

const invalid = (message: string) => new LanguageError(`${message}: invalid argument`);

/** Throws LanguageError with containerd's words. */
export function parsePlatform(text: string): Platform {
  if (text.includes('*')) throw invalid(`${quote(text)}: wildcards not yet supported`);
  const parts = text.split('/');
  const [first = '', second = '', third = ''] = parts;
  const [system, name = '', osVersion = ''] = systemPattern.exec(first) ?? [];
  if (system === undefined)
    throw invalid(
      `${quote(first)} is an invalid OS component of ${quote(text)}: OSAndVersion specifier component must match ${quote(systemPattern.source)}`,
    );
  const wrong = parts.slice(1, 4).find((part) => !componentPattern.test(part));
  if (wrong !== undefined)
    throw invalid(
      `${quote(wrong)} is an invalid component of ${quote(text)}: platform specifier component must match ${quote(componentPattern.source)}`,
    );
  const os = normalSystem(name);
  // Where none is said, 32-bit ARM is v7, which is left out.
  const plain = (given: string): readonly [string, string] => {
    const [architecture, variant] = normalArchitecture(given, '');
    return [architecture, architecture === 'arm' && variant === 'v7' ? '' : variant];
  };
  switch (parts.length) {
    case 1: {
      if (systems.includes(os)) return platform(os, osVersion, [ownArchitecture(), '']);
      const architecture = plain(first);
      if (architectures.includes(architecture[0])) return platform('linux', osVersion, architecture);
      throw invalid(`${quote(text)}: unknown operating system or architecture`);
    }
    case 2:
      return platform(os, osVersion, plain(second));
    case 3: {
      const [architecture, variant] = normalArchitecture(second, third);
      return platform(os, osVersion, [architecture, architecture === 'arm64' && variant === '' ? 'v8' : variant]);
    }
  }
  throw invalid(`${quote(text)}: cannot parse platform specifier`);
}

/** One spelling for each platform. */
export const normalPlatform = ({ os, architecture, variant = '', osVersion = '' }: Platform): Platform =>
  platform(normalSystem(os), osVersion, normalArchitecture(architecture, variant));

/** `linux/arm/v7` */
export const formatPlatform = ({ os, architecture, variant = '' }: Platform): string =>
  os === '' ? 'unknown' : joinPath(os, architecture, variant);

/** `windows(10.0)/amd64`: with the version, where there is one. */
export const formatWholePlatform = ({ osVersion = '', ...rest }: Platform): string =>
  formatPlatform(osVersion === '' || rest.os === '' ? rest : { ...rest, os: `${rest.os}(${osVersion})` });
