// How facts are asked for: what is gone is a fact too, and several are asked for at once.

import { kindOf } from '../errors.ts';

/** Null for notFound: the container or image may have been removed meanwhile. That is a fact too. */
export async function orNull<T>(ask: Promise<T>): Promise<T | null> {
  try {
    return await ask;
  } catch (error) {
    if (kindOf(error) === 'notFound') return null;
    throw error;
  }
}

export async function mapOf<T>(
  names: Iterable<string>,
  ask: (name: string) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all([...names].map(async (name) => [name, await ask(name)] as const)));
}
