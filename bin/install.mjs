// Installs what this machine lacks: npm packages (which bring the pinned Node), and Debian packages; both at once.
// Plain JavaScript for any Node from 18, since nothing is installed yet when it runs. `--tests` adds what the tests need.
// Idempotent; with everything there it takes some milliseconds and prints nothing.

import { installDebianPackages } from './debian-packages.mjs';
import { installNpmPackages } from './npm-packages.mjs';
import { showProgress } from './progress.mjs';
import { Refusal } from './refusal.mjs';

const args = process.argv.slice(2);
if (args.includes('--help') || args.some((arg) => arg !== '--tests')) {
  const usage =
    'Usage: node bin/install.mjs [--tests]\n\nInstalls what this machine lacks; with --tests what the tests need, too.';
  if (args.includes('--help')) console.log(usage);
  else console.error(usage);
  process.exit(args.includes('--help') ? 0 : 2);
}
const progress = showProgress();
const forTests = args.includes('--tests');
const debian = installDebianPackages(progress, forTests);
const results = await Promise.allSettled([installNpmPackages(progress, debian, forTests), debian]);
progress.close();
// One that waited for the other fails with the same reason.
const reasons = new Set(results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
for (const reason of reasons) {
  process.exitCode = 1;
  console.error(
    `drydock: ${reason instanceof Refusal ? reason.message : `installing failed: ${reason?.message ?? reason}`}`,
  );
}
