// Says in words what was found by asking the host: images, builds, networks, volumes, files, ports, programs.

import type { Check, FileCheck } from '../../lessons/schema.ts';
import { buildsFound } from './builds/kinds.ts';
import type { Compared } from './compared.ts';
import { connectionFound, connectionKey } from './connection-check.ts';
import { type Facts, factsOf, type HostFacts } from './facts.ts';
import { askSaved, fileKey, noFile, noPlace, whereIn } from './file-place.ts';
import { answerKey, commandKey, moveCheckOf, repositoryCompared } from './judge.ts';
import { compareNetwork } from './network-check.ts';
import { movesFound } from './registries/moves-check.ts';
import { firstDifference } from './same-text.ts';
import { shown } from './shown.ts';
import { compareVolume } from './volume-check.ts';
import { yamlFound } from './yaml/check.ts';

const firstFalse = (all: readonly Compared[]): string => all.find(({ holds }) => holds === false)?.instead ?? '';

function fileFound(check: FileCheck, host: HostFacts): string {
  const { path, exists = true, equals, means } = check;
  const missing = noPlace(check, host);
  if (missing !== '') return missing;
  const has = host.files.get(fileKey(check));
  if (has === undefined) return '';
  const file = `${path}${whereIn(check)}`;
  const saved = askSaved(check);
  if (!has.exists) return exists ? noFile(check) : '';
  if (!exists) return `The file ${file} is still there.`;
  if (has.text === null) return `${file} is no file of text that could be looked at.`;
  if (has.text.trim() === '') return `The file ${file} is empty.`;
  if (equals !== undefined) return `The file ${file} is there, but ${firstDifference(has.text, equals)}.${saved}`;
  return means === undefined
    ? `The file ${file} is there, but something else stands in it.${saved}`
    : `The file ${file} is there, but shows no ${means.replace(/^an? /, '')}.${saved}`;
}

/** Of a check that does not hold; empty for the kinds that are not asked for, and before anybody has asked. */
export function askedFound(check: Check, facts: Facts): string {
  const ofBuilds = buildsFound(check, facts);
  if (ofBuilds !== undefined) return ofBuilds;
  if ('network' in check) {
    const { networks, containers } = factsOf(facts, check.network.host);
    const has = networks.get(check.network.name);
    if (has === undefined) return '';
    if (has === null) return `There is no network ${check.network.name} on this host yet.`;
    return firstFalse(compareNetwork(check.network, has, containers));
  }
  if ('volume' in check) {
    const { volumes, containers, emptyVolumes } = factsOf(facts, check.volume.host);
    const { name } = check.volume;
    const has = volumes.get(name);
    if (has === undefined) return '';
    if (has === null) return `There is no volume ${name} on this host yet.`;
    return firstFalse(compareVolume(check.volume, has, containers, emptyVolumes.get(name)));
  }
  if ('repository' in check) return firstFalse(repositoryCompared(check.repository, facts));
  const move = moveCheckOf(check);
  if (move !== null) return movesFound(move, facts.doneTasks, (host) => factsOf(facts, host).moves ?? undefined);
  if ('connection' in check) {
    const has = factsOf(facts, check.connection.host).connections.get(connectionKey(check.connection));
    return has === undefined ? '' : connectionFound(check.connection, has);
  }
  if ('yaml' in check || 'compose' in check) {
    const said = 'yaml' in check ? check.yaml : check.compose;
    const host = factsOf(facts, said.host);
    const missing = noPlace(said, host);
    if (missing !== '') return missing;
    const fact = host.yaml.get(fileKey(said));
    const file = `${said.path}${whereIn(said)}`;
    if (fact !== undefined) return yamlFound(said, 'compose' in check, fact, file);
    const has = host.files.get(fileKey(said));
    if (has === undefined) return '';
    return has.exists ? `${file} is no file of text that could be looked at.` : noFile(said);
  }
  if ('file' in check) return fileFound(check.file, factsOf(facts, check.file.host));
  if ('http' in check) {
    const { host, port, path, status, contains } = check.http;
    const has = factsOf(facts, host).answers.get(answerKey(port, path));
    if (has === undefined) return '';
    if (has.status === null) return `Port ${port} of the host does not answer: ${has.text}.`;
    if (has.status !== status) return `Port ${port} answers ${path} with status ${has.status}, not ${status}.`;
    return `Port ${port} answers ${path}, but “${contains?.trim()}” does not stand in the answer.`;
  }
  if ('command' in check) {
    const { host, run, exitCode, means } = check.command;
    const has = factsOf(facts, host).commands.get(commandKey(run));
    if (has === undefined) return '';
    if (has.exitCode !== exitCode) return `There is no sign yet of ${means}.`;
    return `There is no sign yet of ${means}; found ${shown(has.output.split('\n')[0] ?? '') || 'nothing'}.`;
  }
  return '';
}
