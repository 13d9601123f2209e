/** What to type to hear from Docker what the picture shows of a thing. Names from the host become words of a command only
 * where they are of the form that Docker allows; the terminal is typed into by whoever presses Run. */
import type { View } from '@drydock/sandbox-server/protocol';
import { imageName, isUp, mountsOf, volumeName } from './words.ts';

export interface Question {
  /** What one would like to know: `its processes`. */
  readonly about: string;
  readonly command: string;
}

/** A thing of the picture: `container 5f0c…`. */
export type ThingKey = `${'image' | 'container' | 'network' | 'volume' | 'machine'} ${string}`;

export interface Thing {
  readonly title: string;
  readonly questions: readonly Question[];
}

/** `word` where it is nothing but a name, else `instead`, else null. */
function plain(word: string, instead: string): string | null {
  const name = /^[a-zA-Z0-9][a-zA-Z0-9_./:@-]{0,127}$/;
  return [word, instead].find((one) => name.test(one)) ?? null;
}

function about(word: string | null, asked: Readonly<Record<string, string | null>>): readonly Question[] {
  if (word === null) return [];
  return Object.entries(asked).flatMap(([what, command]) =>
    command === null ? [] : { about: what, command: command.replace('IT', () => word) },
  );
}

/** Null where the thing is no more, or has no name that one could type. */
export function thingOf(key: ThingKey, view: View): Thing | null {
  const kind = key.slice(0, key.indexOf(' '));
  const id = key.slice(key.indexOf(' ') + 1);
  const found = (title: string, questions: readonly Question[]) =>
    questions.length === 0 ? null : { title, questions };
  if (kind === 'image') {
    const image = view.images.find((one) => one.id === id);
    if (!image) return null;
    const word = plain(imageName(image), id.replace(/^sha256:/, '').slice(0, 12));
    return found(
      imageName(image),
      about(word, {
        'its layers': 'docker history IT',
        'all images': 'docker images',
        'its settings': 'docker inspect IT',
      }),
    );
  }
  if (kind === 'container') {
    const container = view.containers.find((one) => one.id === id);
    if (!container) return null;
    const up = isUp(container);
    return found(
      container.name,
      about(plain(container.name, id.slice(0, 12)), {
        'its state': 'docker ps -a',
        'its processes': up ? 'docker top IT' : null,
        'its ports': up && container.ports.length > 0 ? 'docker port IT' : null,
        'what it uses': up ? 'docker stats --no-stream IT' : null,
        'its health': container.health === null ? null : "docker inspect -f '{{json .State.Health}}' IT",
        'its mounts': mountsOf(container, view.volumes).length > 0 ? "docker inspect -f '{{json .Mounts}}' IT" : null,
        'what it wrote': 'docker ps -as --filter name=IT',
        'its output': 'docker logs --tail 20 IT',
        everything: 'docker inspect IT',
      }),
    );
  }
  if (kind === 'network') {
    const word = view.networks.some(({ name }) => name === id) ? plain(id, '') : null;
    return found(id, about(word, { 'who is on it': 'docker network inspect IT', 'all networks': 'docker network ls' }));
  }
  if (kind === 'volume') {
    const volume = view.volumes.find(({ name }) => name === id);
    const word = volume ? plain(id, '') : null;
    return found(
      volume ? volumeName(volume) : id,
      about(word, {
        'about it': 'docker volume inspect IT',
        'who has it': 'docker ps -a --filter volume=IT',
        'all volumes': 'docker volume ls',
      }),
    );
  }
  return view.machine
    ? found('virtual machine', [{ about: 'what was measured', command: 'cat ~/.vm/state.json' }])
    : null;
}
