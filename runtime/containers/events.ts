// Sends a container's events, with the attributes that Docker gives them: its labels, its image, its name.

import type { Container } from './container.ts';

export function emit(container: Container, action: string, attributes: Readonly<Record<string, string>> = {}): void {
  const { config, name, isStep } = container.record;
  if (isStep) return;
  container.host.events.emit('container', action, container.id, {
    ...config.Labels,
    ...attributes,
    image: config.Image,
    name,
  });
}
