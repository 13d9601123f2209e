// A page as the server sees it; `drydock lab test` learns with the same one.

export { Page as TestPage } from '../../cli/lab/page.ts';
