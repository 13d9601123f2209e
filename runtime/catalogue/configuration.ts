// The OCI image configuration (image-spec config.md) of a recipe's image.

import { z } from 'zod';
import { goArchitecture } from '../images/architecture.ts';
import type { ImageConfig } from '../images/image.ts';
import type { CatalogueEntry } from './layout.ts';
import type { Recipe } from './recipe.ts';

const configurationSchema = z.looseObject({
  config: z.looseObject({ Env: z.array(z.string()).optional() }).optional(),
  history: z.array(z.looseObject({})).optional(),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});

/** As Docker gives every image that names no path of its own. */
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ConfigurationParts {
  readonly recipe: Recipe;
  readonly base: CatalogueEntry | null;
  /** Of the recipe's own layer, which lies on those of `base`. */
  readonly diffId: string;
  /** What `{version}` stands for in the recipe's variables. */
  readonly version: string;
  readonly now: Date;
}

/** The whole document. */
export function imageConfiguration(parts: ConfigurationParts): object {
  const { base, diffId, version, now } = parts;
  const variables = parts.recipe.config.Env?.map((variable) => variable.replaceAll('{version}', version));
  const recipe = { ...parts.recipe, config: { ...parts.recipe.config, Env: variables } };
  const below = base ? configurationSchema.parse(JSON.parse(base.configuration)) : null;
  const created = now.toISOString();
  const env = merge(below?.config?.Env ?? [defaultPath], recipe.config.Env ?? []);
  const config: ImageConfig = { ...below?.config, ...defined(recipe.config), Env: env };
  const steps = [
    { created, created_by: describe(recipe) },
    ...instructions(recipe.config).map((created_by) => ({ created, created_by, empty_layer: true })),
  ];
  return {
    architecture: goArchitecture,
    os: 'linux',
    created,
    config,
    rootfs: { type: 'layers', diff_ids: [...(below?.rootfs.diff_ids ?? []), diffId] },
    history: [...(below?.history ?? []), ...steps],
  };
}

function describe(recipe: Recipe): string {
  const packages = recipe.packages.length > 0 ? `, packages ${recipe.packages.join(' ')}` : '';
  return `recipe ${recipe.name}${packages}`;
}

/** What of the configuration a Dockerfile would say, in the words that it would use, as `docker history` shows them. */
function instructions(config: Recipe['config']): string[] {
  const { Env, WorkingDir, Volumes, ExposedPorts, StopSignal, User, Entrypoint, Cmd } = config;
  return [
    ...(Env ?? []).map((variable) => `ENV ${variable}`),
    ...(WorkingDir === undefined ? [] : [`WORKDIR ${WorkingDir}`]),
    ...Object.keys(Volumes ?? {}).map((path) => `VOLUME [${path}]`),
    ...Object.keys(ExposedPorts ?? {}).map((port) => `EXPOSE ${port}`),
    ...(StopSignal === undefined ? [] : [`STOPSIGNAL ${StopSignal}`]),
    ...(User === undefined ? [] : [`USER ${User}`]),
    ...(Entrypoint ? [`ENTRYPOINT ${JSON.stringify(Entrypoint)}`] : []),
    ...(Cmd ? [`CMD ${JSON.stringify(Cmd)}`] : []),
  ];
}

/** Later variables replace earlier ones of the same name, in place. */
function merge(below: readonly string[], above: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const variable of [...below, ...above]) byName.set(variable.split('=', 1)[0] ?? variable, variable);
  return [...byName.values()];
}

/** Without the keys that are undefined, which a spread would let hide the base's. */
function defined(config: Recipe['config']): ImageConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
