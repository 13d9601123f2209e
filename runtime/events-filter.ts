// Which events a client of `docker events --filter` wants.

import type { DockerEvent } from './client.ts';
import { type Filters, matchLabels } from './containers/filters.ts';

/** Without its tag: `nginx:1.27` is `nginx`; a registry's port is none. */
function withoutTag(name: string): string {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** Docker's rule (`daemon/events/filter.go`): within one key any value does, and every key must be met; one that it does not know is ignored. */
export function eventFilter(filters: Filters): (event: DockerEvent) => boolean {
  const any = (key: string, test: (value: string) => boolean) => {
    const values = filters.get(key);
    return values === undefined || values.length === 0 || values.some(test);
  };
  return ({ Type, Action, Actor }) => {
    const { name = '', image = '' } = Actor.Attributes;
    const isActor = (type: string) => (value: string) =>
      Type === type && (Actor.ID.startsWith(value) || name.startsWith(value));
    const imageName = Type === 'image' ? name : image;
    const images = [Actor.ID, imageName, withoutTag(Actor.ID), withoutTag(imageName)];
    return (
      any('type', (value) => Type === value) &&
      any('scope', (value) => value === 'local') &&
      // `exec_create: ls -l` is met by `exec_create` and `health_status: healthy` by `health_status`.
      any('event', (value) => Action === value || Action.startsWith(`${value}: `)) &&
      any('container', isActor('container')) &&
      any('image', (value) => value !== '' && (Type === 'image' || Type === 'container') && images.includes(value)) &&
      ['network', 'volume', 'daemon', 'plugin', 'service', 'node', 'secret', 'config'].every((type) =>
        any(type, isActor(type)),
      ) &&
      matchLabels(filters.get('label'), Actor.Attributes)
    );
  };
}
