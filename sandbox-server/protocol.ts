// What passes between the site and the server: every HTTP route, every message of a page's WebSocket, and the limits that both
// must know. The one file that the site imports of this package.

export * from './protocol/builds.ts';
export * from './protocol/http.ts';
export * from './protocol/hub.ts';
export * from './protocol/page-messages.ts';
export * from './protocol/registries.ts';
export * from './protocol/server-messages.ts';
export * from './protocol/view.ts';
