/** The pages of published ports: which there are, which are loaded, and which path each of them shows. */
import { batch, computed, signal } from '@preact/signals';
import { views } from '../components/engine-view/views.ts';
import { hosts, type Place, place } from './lab-state.ts';
import { mostLivePreviews } from './limits.ts';
import { mayBeWeb } from './web-ports.ts';

export interface PreviewAddress {
  readonly host: string;
  readonly port: number;
}

/** A preview that was opened. `visit` counts how often a path was asked for, so that the same path is loaded again. */
export interface OpenPreview extends PreviewAddress {
  readonly path: string;
  readonly visit: number;
}

/** The previews that are loaded, in the order in which they were opened. */
export const openPreviews = signal<readonly OpenPreview[]>([]);

/** Published TCP ports of all running containers, by host and number. */
export const publishedPorts = computed<readonly PreviewAddress[]>(() =>
  hosts.value.flatMap((host) => {
    const running = (views.value.get(host)?.containers ?? []).filter(({ state }) => state === 'running');
    const ports = running.flatMap(({ ports: all }) => all.filter(({ protocol }) => protocol === 'tcp'));
    return [...new Set(ports.map((port) => port.host))].sort((a, b) => a - b).map((port) => ({ host, port }));
  }),
);

/** Of these, those that may have a page. */
const publishedPages = computed<readonly PreviewAddress[]>(() =>
  publishedPorts.value.filter(({ host, port }) =>
    (views.value.get(host)?.containers ?? []).some(
      ({ state, ports }) =>
        state === 'running' &&
        ports.some((one) => one.host === port && one.protocol === 'tcp' && mayBeWeb(one.container)),
    ),
  ),
);

/**
 * The previews that have a tab: every published port that may have a page, and every open preview, also where its port is not
 * published any more.
 */
export const previewTabs = computed<readonly PreviewAddress[]>(() => {
  const ports = publishedPages.value;
  const others = openPreviews.value.filter((one) => !ports.some((port) => isSame(port, one)));
  return [...ports, ...others.map(({ host, port }) => ({ host, port }))];
});

export function previewAddress(host: string, port: number): PreviewAddress {
  return { host, port };
}

export function placeOf({ host, port }: PreviewAddress): Place {
  return `preview:${host}:${port}`;
}

export function isPublished(address: PreviewAddress): boolean {
  return publishedPorts.value.some((port) => isSame(port, address));
}

/** Shows a preview's tab. With a path, loads that path, also where the preview is loaded already. */
export function showPreview(address: PreviewAddress, path?: string): void {
  const open = openPreviews.value.find((one) => isSame(one, address));
  batch(() => {
    if (!open) {
      const first = { ...address, path: path ?? '/', visit: 1 };
      openPreviews.value = [...openPreviews.value, first].slice(-mostLivePreviews);
    } else if (path !== undefined) visit(address, path);
    place.value = placeOf(address);
  });
}

/** As `showPreview`. Where the preview covers the element that had the focus, the focus goes to the preview's tab. */
export function coverWithPreview(address: PreviewAddress, path?: string): void {
  const covers = document.querySelector('.places')?.contains(document.activeElement);
  showPreview(address, path);
  if (covers) requestAnimationFrame(() => document.getElementById(`tab-${placeOf(address)}`)?.focus());
}

/** Loads a path of a preview that is open. */
export function visit(address: PreviewAddress, path: string): void {
  openPreviews.value = openPreviews.value.map((one) =>
    isSame(one, address) ? { ...one, path, visit: one.visit + 1 } : one,
  );
}

/** Closes a preview's page. Its tab stays while the port is published. */
export function closePreview(address: PreviewAddress): void {
  batch(() => {
    openPreviews.value = openPreviews.value.filter((one) => !isSame(one, address));
    if (place.value === placeOf(address)) place.value = 'terminal';
  });
}

function isSame(one: PreviewAddress, other: PreviewAddress): boolean {
  return one.host === other.host && one.port === other.port;
}
