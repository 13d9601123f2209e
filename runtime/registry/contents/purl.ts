// The name of a package that all programs for SBOMs know it by (package-url, type `deb`).

import type { Package, Release } from './content.ts';

/** `pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl` */
export function purlOf({ name, version, architecture, source }: Package, release: Release | null): string {
  const isOwn = source.name === name && source.version === version;
  const upstream = source.version === version ? source.name : `${source.name}@${source.version}`;
  // In the order of the alphabet, as the specification has it.
  const qualifiers = [
    ['arch', architecture],
    ['distro', release && distroOf(release)],
    ['upstream', isOwn ? null : upstream],
  ].flatMap(([key, value]) => (key && value ? [`${key}=${encoded(value)}`] : []));
  return `pkg:deb/${encoded(release?.id ?? 'debian')}/${encoded(name)}@${encoded(version)}?${qualifiers.join('&')}`;
}

function distroOf({ id, version, codename }: Release): string {
  return `${id}-${version || codename}`;
}

/** All but letters, digits and `-._~:` stands as `%XX`. */
function encoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
