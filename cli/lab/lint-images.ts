// That the images which a lesson's checks and commands name are there to be had: in the catalogue, or made in the lab itself.

import {
  type Attempt,
  type Check,
  everyCheck,
  holdsParameter,
  type Lab,
  nearest,
  placeOf,
  type YamlData,
} from '../../lessons/schema.ts';
import type { Place } from './lesson-text.ts';
import type { Recipes } from './recipes.ts';

/** Options of `docker run` and `docker create` that stand alone; all others take a value. */
const alone = [
  ...[
    '--detach',
    '--interactive',
    '--tty',
    '--rm',
    '--init',
    '--privileged',
    '--publish-all',
    '--read-only',
    '--quiet',
  ],
  ...['--no-healthcheck', '--oom-kill-disable', '--sig-proxy', '--help'],
];

/** The image that a line of the shell runs, creates or pulls; null where there is none, or it cannot be told. */
export function imageIn(line: string): string | null {
  const [, verb = '', rest = ''] =
    /(?:^|[;&|]\s*|sudo\s+)docker\s+(?:container\s+|image\s+)?(run|create|pull)\s+(.*)/.exec(line) ?? [];
  const words = rest.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  for (let place = 0; place < words.length; place++) {
    const word = words[place] ?? '';
    if (/^[;&|]/.test(word)) return null;
    if (!word.startsWith('-'))
      return /[$`({*"']/.test(word) || holdsParameter(word) ? null : word.replace(/[;&|].*$/, '');
    const isAlone = alone.includes(word) || word.includes('=') || /^-[ditPq]+$/.test(word);
    // -a and --all-tags of `docker pull` stand alone; -a of `docker run` does not.
    if (!isAlone && verb !== 'pull') place += 1;
  }
  return null;
}

/** The names that lines of the shell give to images: what is behind `docker tag A`, `-t`, `docker commit A`, `docker import A`. */
function namesGiven(lines: readonly string[]): ReadonlySet<string> {
  const given = lines.flatMap((line) => {
    const tagged = [...line.matchAll(/(?:\s-t|--tag)[\s=]+(\S+)/g)].map(([, name = '']) => name);
    const named =
      /docker\s+(?:image\s+|container\s+)?(?:tag|commit|import)\s(.*)/.exec(line)?.[1]?.split(/\s+/).at(-1) ?? '';
    return [...tagged, named];
  });
  return new Set(
    given.map((name) => name.replace(/^["']|["']$/g, '').split(':')[0] ?? '').filter((name) => name !== ''),
  );
}

/** Of the services that a file for Compose must have. */
function imagesOfServices(file: YamlData | undefined): readonly string[] {
  const below = (data: YamlData | undefined, key: string): YamlData | undefined =>
    isMap(data) && Object.hasOwn(data, key) ? data[key] : undefined;
  const services = below(file, 'services');
  return Object.values(isMap(services) ? services : {})
    .map((service) => below(service, 'image'))
    .filter((image) => typeof image === 'string');
}

function isMap(data: YamlData | undefined): data is { readonly [key: string]: YamlData } {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

/** The names of images in a check, each with its key. */
function imagesOf(check: Check): readonly string[] {
  return everyCheck(check)
    .flatMap((one): readonly (string | undefined)[] => {
      if ('container' in one) return [one.container.image, one.container.sameImage];
      if ('containers' in one) return [one.containers.image, one.containers.sameImage];
      if ('ran' in one) return [one.ran.image, one.ran.sameImage];
      if ('absent' in one) return [one.absent.image];
      if ('compose' in one) return imagesOfServices(one.compose.has);
      return 'image' in one ? [one.image.name, one.image.from, one.image.sameAs] : [];
    })
    .filter((name) => name !== undefined);
}

/** The name that the catalogue has for what is pulled from the hub itself: `redis:8` for `hub.drydock/redis:8`. */
const inCatalogue = (image: string): string => image.replace(/^hub\.drydock\/(library\/)?/, '');

/** Why an image cannot be had, and what can be instead, or how to get it. */
export function noImage(image: string, { names, tags, mistakeIn, isUnfetched }: Recipes): string {
  const [name = '', tag] = inCatalogue(image).split(/:(?=[^/]*$)/);
  const mistake = mistakeIn(name);
  if (mistake !== null) return `the image ${image} cannot be made: ${mistake.split('\n')[0]}`;
  if (isUnfetched(inCatalogue(image)))
    return `the image ${image} was not fetched yet: run \`drydock catalogue build ${name}\`, while Drydock runs, on a machine with a network`;
  const has = tags(name);
  if (tag !== undefined && has.length > 0)
    return `the catalogue has no image ${image}; of ${name} it has ${has.join(', ')}`;
  const near = nearest(name, names);
  if (near !== undefined) return `the catalogue has no image ${image}; did you mean ${near}?`;
  return `the catalogue has no image ${image}; it has ${names.join(', ')}. One of your own is a folder images/${name} with a Dockerfile, or comes by \`drydock catalogue import\``;
}

/** `commands` are those of the text. */
export function lintImages(
  yaml: string,
  lab: Lab,
  commands: readonly (Place & { readonly run: string })[],
  recipes: Recipes,
  say: (file: 'lab.yaml' | 'lesson.mdx', place: Place, message: string) => void,
): void {
  const attempts = lab.tasks.flatMap(({ solution, wrong }): readonly Attempt[] => [solution, ...wrong]);
  const made = namesGiven([...attempts.flatMap(({ run }) => run), ...commands.map(({ run }) => run)]);
  const isThere = (image: string) =>
    holdsParameter(image) ||
    image.includes('@') ||
    /^(sha256:)?[0-9a-f]{4,64}$/.test(image) ||
    (recipes.offers(inCatalogue(image)) && !recipes.isUnfetched(inCatalogue(image))) ||
    made.has(image.split(':')[0] ?? '');
  lab.tasks.forEach(({ check, slips, solution }, number) => {
    for (const image of new Set(imagesOf(check).filter((one) => !isThere(one))))
      say('lab.yaml', placeOf(yaml, ['tasks', number, 'check']), `tasks[${number}].check: ${noImage(image, recipes)}`);
    slips.forEach(({ when }, slip) => {
      for (const image of new Set(imagesOf(when).filter((one) => !isThere(one))))
        say(
          'lab.yaml',
          placeOf(yaml, ['tasks', number, 'slips', slip]),
          `tasks[${number}].slips[${slip}]: ${noImage(image, recipes)}`,
        );
    });
    solution.run.forEach((line, place) => {
      const image = imageIn(line);
      if (image !== null && !isThere(image))
        say(
          'lab.yaml',
          placeOf(yaml, ['tasks', number, 'solution', 'run', place]),
          `tasks[${number}].solution: ${noImage(image, recipes)}`,
        );
    });
  });
  for (const { run, ...place } of commands) {
    const image = imageIn(run);
    if (image !== null && !isThere(image)) say('lesson.mdx', place, noImage(image, recipes));
  }
}
