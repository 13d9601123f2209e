// The rules that a Dockerfile is checked by, with BuildKit's names, words and pages.

import { quote } from './go-text.ts';

export interface Rule {
  readonly description: string;
  /** Empty where there is no page. */
  readonly url: string;
  /** Only applied where it is asked for. */
  readonly experimental?: boolean;
}

const page = (name: string): string => `https://docs.docker.com/go/dockerfile/rule/${name}/`;

const meant = (suggestion: string | null, prefix = ''): string =>
  suggestion === null ? '' : ` (did you mean ${prefix}${suggestion}?)`;

export const rules = {
  StageNameCasing: { description: 'Stage names should be lowercase', url: page('stage-name-casing') },
  FromAsCasing: {
    description: "The 'as' keyword should match the case of the 'from' keyword",
    url: page('from-as-casing'),
  },
  NoEmptyContinuation: {
    description: 'Empty continuation lines will become errors in a future release',
    url: page('no-empty-continuation'),
  },
  ConsistentInstructionCasing: {
    description: 'All commands within the Dockerfile should use the same casing (either upper or lower)',
    url: page('consistent-instruction-casing'),
  },
  DuplicateStageName: { description: 'Stage names should be unique', url: page('duplicate-stage-name') },
  ReservedStageName: {
    description: 'Reserved words should not be used as stage names',
    url: page('reserved-stage-name'),
  },
  JSONArgsRecommended: {
    description: 'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
    url: page('json-args-recommended'),
  },
  MaintainerDeprecated: {
    description: 'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
    url: page('maintainer-deprecated'),
  },
  UndefinedArgInFrom: { description: 'FROM command must use declared ARGs', url: page('undefined-arg-in-from') },
  WorkdirRelativePath: {
    description:
      'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
    url: page('workdir-relative-path'),
  },
  UndefinedVar: { description: 'Variables should be defined before their use', url: page('undefined-var') },
  MultipleInstructionsDisallowed: {
    description: 'Multiple instructions of the same type should not be used in the same stage',
    url: page('multiple-instructions-disallowed'),
  },
  LegacyKeyValueFormat: {
    description: 'Legacy key/value format with whitespace separator should not be used',
    url: page('legacy-key-value-format'),
  },
  InvalidBaseImagePlatform: {
    description: 'Base image platform does not match expected target platform',
    url: '',
  },
  RedundantTargetPlatform: {
    description: 'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    url: page('redundant-target-platform'),
  },
  SecretsUsedInArgOrEnv: {
    description: 'Sensitive data should not be used in the ARG or ENV commands',
    url: page('secrets-used-in-arg-or-env'),
  },
  InvalidDefaultArgInFrom: {
    description: 'Default value for global ARG results in an empty or invalid base image name',
    url: page('invalid-default-arg-in-from'),
  },
  FromPlatformFlagConstDisallowed: {
    description: 'FROM --platform flag should not use a constant value',
    url: page('from-platform-flag-const-disallowed'),
  },
  CopyIgnoredFile: {
    description: 'Attempting to Copy file that is excluded by .dockerignore',
    url: page('copy-ignored-file'),
    experimental: true,
  },
  InvalidDefinitionDescription: {
    description:
      'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
    url: page('invalid-definition-description'),
    experimental: true,
  },
  ExposeProtoCasing: {
    description: 'Protocol in EXPOSE instruction should be lowercase',
    url: page('expose-proto-casing'),
  },
  ExposeInvalidFormat: {
    description:
      'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
    url: page('expose-invalid-format'),
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof rules;

/** What each rule says of what it found. */
export const says = {
  stageNameCasing: (stage: string) => `Stage name '${stage}' should be lowercase`,
  fromAsCasing: (from: string, as: string) => `'${as}' and '${from}' keywords' casing do not match`,
  noEmptyContinuation: () => 'Empty continuation line',
  consistentInstructionCasing: (keyword: string, casing: 'lowercase' | 'uppercase') =>
    `Command '${keyword}' should match the case of the command majority (${casing})`,
  duplicateStageName: (stage: string) => `Duplicate stage name ${quote(stage)}, stage names should be unique`,
  reservedStageName: (stage: string) => `Stage name should not use the same name as reserved stage ${quote(stage)}`,
  jsonArgsRecommended: (keyword: string) =>
    `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
  maintainerDeprecated: () => 'Maintainer instruction is deprecated in favor of using label',
  undefinedArgInFrom: (name: string, suggestion: string | null) =>
    `FROM argument '${name}' is not declared${meant(suggestion)}`,
  workdirRelativePath: (path: string) =>
    `Relative workdir ${quote(path)} can have unexpected results if the base image changes`,
  undefinedVar: (name: string, suggestion: string | null) =>
    `Usage of undefined variable '$${name}'${meant(suggestion, '$')}`,
  multipleInstructionsDisallowed: (keyword: string) =>
    `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
  legacyKeyValueFormat: (keyword: string) =>
    `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`,
  invalidBaseImagePlatform: (image: string, expected: string, actual: string) =>
    `Base image ${image} was pulled with platform ${quote(actual)}, expected ${quote(expected)} for current build`,
  redundantTargetPlatform: (variable: string) =>
    `Setting platform to predefined ${variable} in FROM is redundant as this is the default behavior`,
  secretsUsedInArgOrEnv: (keyword: string, name: string) =>
    `Do not use ARG or ENV instructions for sensitive data (${keyword} ${quote(name)})`,
  invalidDefaultArgInFrom: (base: string) =>
    `Default value for ARG ${base} results in empty or invalid base image name`,
  fromPlatformFlagConstDisallowed: (platform: string) =>
    `FROM --platform flag should not use constant value ${quote(platform)}`,
  copyIgnoredFile: (verb: 'Copy' | 'Add', path: string) =>
    `Attempting to ${verb} file ${quote(path)} that is excluded by .dockerignore`,
  invalidDefinitionDescription: (keyword: string, name: string) =>
    `Comment for ${keyword} should follow the format: \`# ${name} <description>\``,
  exposeProtoCasing: (port: string) => `Defined protocol '${port}' in EXPOSE instruction should be lowercase`,
  exposeInvalidFormat: (port: string) =>
    `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
} as const;
