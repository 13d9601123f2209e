// What the engine and the site's server call the things between them by which the hub is reached from outside.

/** Below the directory of the engine's own socket. */
export const hubSocketName = 'hub.sock';

/** Set by the site's server, whatever a client sends. */
export const hubHeaders = { origin: 'drydock-hub-origin', source: 'drydock-hub-source' } as const;
