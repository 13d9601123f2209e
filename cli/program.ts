// The command line: which commands and options there are, and what their help says. What they do is in commands/.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { addHubCommands } from './hub-program.ts';
import { type JsonOption, json } from './json-option.ts';
import { cloneFolder } from './paths.ts';

const { version } = JSON.parse(readFileSync(path.join(cloneFolder, 'package.json'), 'utf8')) as { version: string };

/** Each command loads what it needs when it runs, so that `--help` and small ones answer at once. Throws CommanderError. */
export function createProgram(): Command {
  const program = new Command('drydock')
    .description('Private Docker hosts for a class of students, on one machine.')
    .version(version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .helpCommand(false)
    .addHelpText('after', '\nSettings are told by drydock settings. Exit codes: 0 done, 1 failed, 2 wrong usage.');

  program
    .command('up')
    .description('run Drydock in the foreground, until Ctrl-C or drydock down')
    .option('--verbose', 'show the logs of engine and server instead of writing them to DRYDOCK_DATA/log')
    .action(async (options: { verbose?: boolean }) => {
      const { up } = await import('./commands/up.ts');
      await up({ verbose: options.verbose === true });
    });
  program
    .command('down')
    .description(
      'end the Drydock that runs here; what is on disk stays, and what ran in its hosts runs again after the next up',
    )
    .action(async () => (await import('./commands/down.ts')).down());
  program
    .command('status')
    .description('what runs: processes, hosts, sessions, images')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/status.ts')).status({ json: options.json === true }),
    );
  program
    .command('doctor')
    .description('what this machine has and lacks to run Drydock, and what that costs')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/doctor.ts')).doctor({ json: options.json === true }),
    );
  program
    .command('check')
    .description('whether store and kernel agree')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/check.ts')).check({ json: options.json === true }),
    );
  program
    .command('settings')
    .description('all settings: what they are here, their defaults, what they mean')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/settings.ts')).settings({ json: options.json === true }),
    );
  program
    .command('drain')
    .argument('[time]', 'when Drydock is taken down: 18:00, 30m, 2h')
    .description('start no new labs, and tell every page when Drydock is taken down; holds until --end')
    .option('--end', 'start new labs again')
    .action(async (time: string | undefined, options: { end?: boolean }) => {
      const { endDrain, startDrain } = await import('./commands/drain.ts');
      await (options.end === true ? endDrain() : startDrain(time));
    });
  addSessionCommands(program.command('session').description("students' labs on this machine").helpCommand(false));
  addHostCommands(program.command('host').description('Docker hosts on this machine').helpCommand(false));
  addHubCommands(
    program.command('hub').description('the registry that Drydock serves, and its accounts').helpCommand(false),
  );
  addCatalogueCommands(
    program.command('catalogue').description('the images that every host can pull').helpCommand(false),
  );
  addLabCommands(program.command('lab').description('lessons and their labs: write and try them').helpCommand(false));
  return program;
}

function addSessionCommands(session: Command): void {
  session
    .command('ls')
    .description('list the labs: whose, which lesson and task, memory, last use')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/session.ts')).listSessions({ json: options.json === true }),
    );
  session
    .command('end')
    .argument('<id>', 'as session ls shows it')
    .description("end a lab: its hosts go with all that is in them; the student's progress stays")
    .action(async (id: string) => (await import('./commands/session.ts')).endSession(id));
}

function addHostCommands(host: Command): void {
  host
    .command('create')
    .argument('<name>', "the new host's name: a-z, 0-9 and -")
    .description('make a host, unless it is there, and print the path of its Docker socket')
    .action(async (name: string) => (await import('./commands/host.ts')).createHost(name));
  host
    .command('socket')
    .argument('<name>')
    .description("print the path of a host's Docker socket")
    .action(async (name: string) => (await import('./commands/host.ts')).hostSocket(name));
  host
    .command('ls')
    .description('list the hosts')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/host.ts')).listHosts({ json: options.json === true }),
    );
  host
    .command('rm')
    .argument('<name>')
    .description('remove a host and all that is in it')
    .action(async (name: string) => (await import('./commands/host.ts')).removeHost(name));
  host
    .command('shell')
    .argument('<name>')
    .description("a terminal in the host's workspace; ends with the shell's exit code")
    .action(async (name: string) => (await import('./commands/host-shell.ts')).hostShell(name));
  host
    .command('reset')
    .argument('<name>')
    .description('make a host as it was when it was created')
    .action(async (name: string) => (await import('./commands/host.ts')).resetHost(name));
}

function addCatalogueCommands(catalogue: Command): void {
  const names = ['[name...]', 'such as redis or redis:7; all where none is named'] as const;
  catalogue
    .command('ls')
    .description('list the images: what they are made of, and how far they are')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/catalogue.ts')).listCatalogue({ json: options.json === true }),
    );
  catalogue
    .command('build')
    .argument(...names)
    .description('build or fetch the images that are not there, and show how far they are')
    .option('--again', 'also those that are there, with the packages of today')
    .action(async (images: string[], options: { again?: boolean }) =>
      (await import('./commands/catalogue.ts')).buildCatalogue(images, { again: options.again === true }),
    );
  catalogue
    .command('export')
    .argument('<file>', 'the archive to write; - for standard output')
    .argument(...names)
    .description('write images into an archive, for import on a machine without a network, or docker load')
    .action(async (file: string, images: string[]) =>
      (await import('./commands/catalogue.ts')).exportCatalogue(file, images),
    );
  catalogue
    .command('import')
    .argument('<archive>', 'of export, of docker save, or an OCI layout: a file or a directory; - for standard input')
    .description('add the images of an archive; one with a name that the catalogue makes itself stands in for it')
    .option('--as <name:tag>', 'the name of the image, for an archive of one')
    .action(async (archive: string, options: { as?: string }) =>
      (await import('./commands/catalogue.ts')).importCatalogue(archive, { as: options.as }),
    );
  catalogue
    .command('rm')
    .argument('<name>', 'as catalogue ls shows it')
    .description('remove an image from the disk; one that the catalogue makes itself is made anew when it is wanted')
    .action(async (name: string) => (await import('./commands/catalogue.ts')).removeFromCatalogue(name));
}

function addLabCommands(lab: Command): void {
  const lessons = ['[lesson...]', 'by id, folder, name or number; all where none is named'] as const;
  lab
    .command('new')
    .argument('<track/nn-name>', 'such as 03-building/22-own-page')
    .description('make a lesson to begin from: a small one that passes lint and test')
    .action(async (name: string) => (await import('./commands/lab-new.ts')).labNew(name));
  lab
    .command('dev')
    .argument('<lesson>', 'by id, folder, name or number')
    .description('open a lesson in a Drydock of its own; what is saved is shown within a second, the host stays')
    .action(async (name: string) => (await import('./commands/lab-dev.ts')).labDev(name));
  lab
    .command('lint')
    .argument(...lessons)
    .description('what can be told of lessons without a lab: lab files, texts, and that they fit')
    .action(async (names: string[]) => (await import('./commands/lab-lint.ts')).labLint(names));
  lab
    .command('test')
    .argument(...lessons)
    .description('try lessons as students would: tasks, wrong attempts, solutions, resets, commands of the text')
    .option(...json)
    .action(async (names: string[], options: JsonOption) =>
      (await import('./commands/lab-test.ts')).labTest(names, { json: options.json === true }),
    );
}
