// The one public entry of this package: how to speak to a running engine, and what each side of a terminal keeps of it.

export type {
  ApiWay,
  CatalogueImage,
  CheckReport,
  CommandOptions,
  CommandResult,
  ContainerRun,
  DockerClient,
  DockerEvent,
  EgressKind,
  EngineClient,
  EngineStatus,
  HostInfo,
  HostLimits,
  HostOptions,
  SnapshotInfo,
  TerminalConnection,
  TerminalInfo,
  TerminalOptions,
} from './client.ts';
export type { BuildStage, BuildStep, HostBuilds, ImageBuild } from './client-builds.ts';
export { connectEngine } from './client-connect.ts';
export type { FileContent, FilePiece, HostFile, HostFolder, HostReach, WriteOptions } from './client-files.ts';
export type {
  HubClient,
  HubCollection,
  HubLogin,
  HubReport,
  HubRepository,
  HubRepositoryNow,
  HubTag,
} from './client-hub.ts';
export type {
  HubAction,
  HubActivity,
  HubEvent,
  HubEventFilter,
  HubFigures,
} from './client-hub-activity.ts';
export type {
  HubImageContents,
  HubImageContentsWish,
  HubPackage,
  HubUnknown,
  HubUpdates,
  HubVulnerabilities,
  HubVulnerability,
  HubVulnerabilityStatus,
} from './client-hub-contents.ts';
export type {
  HubAsker,
  HubChild,
  HubContents,
  HubIdentity,
  HubImagePage,
  HubMe,
  HubNamespacePage,
  HubPageChanges,
  HubPages,
  HubPlatform,
  HubRepositoryList,
  HubRepositoryPage,
  HubSeenConfig,
  HubSeenEvent,
  HubSeenLayer,
  HubSeenNamespace,
  HubSeenReferrer,
  HubSeenRepository,
  HubSeenTag,
  HubSignIn,
  HubStep,
  HubTagList,
} from './client-hub-pages.ts';
export type {
  HubAccessToken,
  HubAccount,
  HubAccountDetails,
  HubEntered,
  HubNamespace,
  HubPullLimits,
  HubRights,
  HubTokenScope,
  HubVisibility,
} from './client-hub-people.ts';
export type { HubDelivery, HubWebhook, HubWebhookAction, HubWebhooks } from './client-hub-webhooks.ts';
export type {
  BaseTold,
  ConnectionTold,
  ConnectionWish,
  HostInside,
  ImageText,
  ImageTextTold,
  InsideEntry,
  InsidePlace,
} from './client-inside.ts';
export type { HostTraffic, ImageMove, MovedLayer, TrafficNews } from './client-traffic.ts';
export type { ContainerUsage, HostUsage, OwnLayerUsage, ProcessUsage } from './client-usage.ts';
export { allowedName } from './egress/allow-list.ts';
export { EngineError, type ErrorKind } from './errors.ts';
export { mirrorsOf } from './hub/mirrors/mirrors-file.ts';
export { hubHeaders, hubSocketName } from './hub/names.ts';
export { smallTables, type Table } from './kernel/tables.ts';
export { Places } from './outside/places.ts';
export { Recording } from './recording.ts';
