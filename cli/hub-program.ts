// The command line of `drydock hub`: which commands and options there are. What they do is in commands/hub*.ts.

import type { HubAction, HubTokenScope, HubWebhookAction } from '@drydock/runtime';
import { type Command, Option } from 'commander';
import type { AuditOptions } from './commands/hub-audit.ts';
import { type JsonOption, json } from './json-option.ts';

export function addHubCommands(hub: Command): void {
  hub
    .command('ls')
    .description('list the repositories: tags, sizes, who may pull, when they were pushed to')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/hub.ts')).listHub({ json: options.json === true }),
    );
  hub
    .command('gc')
    .description('remove blobs that no image needs; Drydock does so by itself every ten minutes')
    .option('--now', 'also those that were pushed within the last hour: no push may be under way')
    .option(...json)
    .action(async (options: JsonOption & { now?: boolean }) =>
      (await import('./commands/hub.ts')).collectHub({ now: options.now === true, json: options.json === true }),
    );
  hub
    .command('check')
    .description('whether its tables and files agree')
    .option(...json)
    .action(async (options: JsonOption) =>
      (await import('./commands/hub.ts')).checkHub({ json: options.json === true }),
    );
  hub
    .command('account')
    .argument('<name>', 'a-z, 0-9, - and _')
    .description('make an account, or change its password, which is read from standard input')
    .action(async (name: string) => (await import('./commands/hub.ts')).setAccount(name));
  addTokenCommands(hub);
  hub
    .command('contents')
    .argument('<image>', 'ann/app:1, ann/app@sha256:…, nginx')
    .description('the Debian packages of an image, their newer versions and known vulnerabilities')
    .option('--fail', 'end with 3 where a newer package would mend a known vulnerability')
    .option(...json)
    .action(async (image: string, options: JsonOption & { fail?: boolean }) =>
      (await import('./commands/hub-contents.ts')).showContents(image, {
        json: options.json === true,
        fail: options.fail === true,
      }),
    );
  hub
    .command('audit')
    .description('who pushed, pulled and deleted what, the newest last')
    .option('--repository <name>', 'of one repository')
    .option('--namespace <name>', 'of one namespace')
    .option('--who <account>', 'by one account')
    .addOption(new Option('--action <action>', 'of one kind').choices(actions))
    .option('--since <time>', 'such as 30m, 12h, 7d or 2026-11-30')
    .option('--most <number>', 'the last so many, 1000 at most', '100')
    .option('--json', 'print JSON, a line for each event')
    .action(async (options: Omit<AuditOptions, 'json'> & JsonOption) =>
      (await import('./commands/hub-audit.ts')).audit({ ...options, json: options.json === true }),
    );
  addWebhookCommands(
    hub.command('webhook').description('where pushes and deletions of a namespace are told to').helpCommand(false),
  );
}

const actions: readonly HubAction[] = [
  ...(['push', 'pull', 'delete', 'delete-repository', 'fetch'] as const),
  ...(['push-blob', 'mount-blob', 'delete-blob'] as const),
];

function addTokenCommands(hub: Command): void {
  const token = hub
    .command('token')
    .argument('<account>')
    .description('make an access token and print it: docker login takes it for a password')
    .helpCommand(false)
    .option('--name <text>', 'what it is for', 'drydock hub token')
    .addOption(
      new Option('--scope <scope>', 'what it may').choices(['read', 'read-write', 'delete']).default('read-write'),
    )
    .option('--days <number>', 'until it expires; never where left out')
    .action(async (account: string, options: { name: string; scope: HubTokenScope; days?: string }) =>
      (await import('./commands/hub.ts')).createToken(account, { days: undefined, ...options }),
    );
  token
    .command('ls')
    .argument('<account>')
    .description('list the access tokens of an account, without their secrets')
    .option(...json)
    .action(async (account: string, options: JsonOption) =>
      (await import('./commands/hub.ts')).listTokens(account, { json: options.json === true }),
    );
  token
    .command('revoke')
    .argument('<account>')
    .argument('<id>', 'as hub token ls shows it')
    .description('end an access token, and the logins that it was used for')
    .action(async (account: string, id: string) => (await import('./commands/hub.ts')).revokeToken(account, id));
}

function addWebhookCommands(webhook: Command): void {
  const commands = () => import('./commands/hub-webhook.ts');
  webhook
    .command('ls')
    .argument('<namespace>')
    .description('list the webhooks of a namespace')
    .option(...json)
    .action(async (namespace: string, options: JsonOption) =>
      (await commands()).listWebhooks(namespace, { json: options.json === true }),
    );
  webhook
    .command('add')
    .argument('<namespace>')
    .argument('<address>', 'http or https, of a place in DRYDOCK_HUB_WEBHOOKS; or http://HOST.lab:PORT/')
    .description('make a webhook, and print its id and the key of its signatures')
    .option('--name <text>', 'what it is for', '')
    .addOption(new Option('--on <action...>', 'what it is told').choices(['push', 'delete']))
    .action(async (namespace: string, url: string, options: { name: string; on?: HubWebhookAction[] }) =>
      (await commands()).addWebhook(namespace, url, { on: ['push', 'delete'], ...options }),
    );
  const id = ['<id>', 'as hub webhook ls shows it'] as const;
  webhook
    .command('rm')
    .argument('<namespace>')
    .argument(...id)
    .description('remove a webhook')
    .action(async (namespace: string, given: string) => (await commands()).removeWebhook(namespace, given));
  webhook
    .command('log')
    .argument('<namespace>')
    .argument(...id)
    .description('what became of its last hundred deliveries, the newest last')
    .option(...json)
    .action(async (namespace: string, given: string, options: JsonOption) =>
      (await commands()).listDeliveries(namespace, given, { json: options.json === true }),
    );
  webhook
    .command('test')
    .argument('<namespace>')
    .argument(...id)
    .description('send one that tells of no event; hub webhook log shows what becomes of it')
    .action(async (namespace: string, given: string) => (await commands()).testWebhook(namespace, given));
  webhook
    .command('again')
    .argument('<namespace>')
    .argument(...id)
    .argument('<delivery>', 'as hub webhook log shows it')
    .description('send one once more')
    .action(async (namespace: string, given: string, delivery: string) =>
      (await commands()).redeliver(namespace, given, delivery),
    );
}
