// The SBOM of an image: CycloneDX 1.6 in JSON. The same image gives the same bytes, whoever has pushed it and when. For a worker thread.

import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { Content } from './content.ts';
import { purlOf } from './purl.ts';

/** `digest` is that of the image's manifest. */
export function billOf(digest: string, { release, packages }: Content): string {
  const image = new Models.Component(Enums.ComponentType.Container, 'image', { version: digest, bomRef: digest });
  const maker = new Models.Component(Enums.ComponentType.Application, 'drydock');
  const components = packages.map((found) => {
    const purl = purlOf(found, release);
    const { name, version } = found;
    return new Models.Component(Enums.ComponentType.Library, name, { version, purl, bomRef: purl });
  });
  const system =
    release &&
    new Models.Component(Enums.ComponentType.OperatingSystem, release.id, {
      version: release.version || release.codename,
      description: release.name,
      bomRef: `os:${release.id}`,
    });
  const bom = new Models.Bom({
    metadata: new Models.Metadata({
      component: image,
      tools: new Models.Tools({ components: new Models.ComponentRepository([maker]) }),
    }),
    components: new Models.ComponentRepository([...(system ? [system] : []), ...components]),
  });
  // They are in order already. The library would sort them by the rules of the machine's language.
  return new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)).serialize(bom, {
    sortLists: false,
    space: 0,
  });
}
