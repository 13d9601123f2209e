// The engine of the settings' run directory, for commands that need one that runs.

import { connectEngine, type EngineClient, EngineError } from '@drydock/runtime';
import { Failure } from '../failure.ts';
import { loadSettings } from '../load-settings.ts';
import { engineSocket } from '../paths.ts';

/** Calls `use` with the engine; what it throws becomes a Failure with the engine's own sentence. */
export async function withEngine<T>(use: (engine: EngineClient) => Promise<T>): Promise<T> {
  const { run } = loadSettings(process.env).settings;
  try {
    return await use(connectEngine(engineSocket(run)));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind !== 'unavailable') throw new Failure(sentence(error.message), { cause: error });
    throw new Failure(`No engine answers at ${engineSocket(run)}. Start one with npm start, or drydock up.`, {
      cause: error,
    });
  }
}

function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
