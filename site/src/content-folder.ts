/** The folder that the pages are built from: the clone's lessons, or those of several folders that were put together. */
import { resolve } from 'node:path';

/** The build runs in site/. Who sets it: cli/supervisor/build-pages.ts. */
export const contentFolder = process.env.DRYDOCK_COURSE ?? resolve('../lessons');
