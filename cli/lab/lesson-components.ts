// What a lesson's text may name: the site's lesson components, each with the attributes that its own file says it takes.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface ComponentForm {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** `interface Props { id: string; host?: string }` of an Astro component; a component without it takes no attributes. */
function formIn(source: string): ComponentForm {
  const [, props = ''] = /^interface Props \{\n(.*?)^\}/ms.exec(source) ?? [];
  const named = [...props.matchAll(/^ {2}(\w+)(\??): /gm)];
  const those = (mark: string) => named.flatMap(([, name = '', optional]) => (optional === mark ? [name] : []));
  return { required: those(''), optional: those('?') };
}

/** By the component's name. */
export async function lessonComponents(folder: string): Promise<ReadonlyMap<string, ComponentForm>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.astro'));
  return new Map(
    await Promise.all(
      files.map(async (file) => {
        const source = await readFile(path.join(folder, file), 'utf8');
        return [file.slice(0, -'.astro'.length), formIn(source)] as const;
      }),
    ),
  );
}
