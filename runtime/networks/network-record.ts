// A network that a student made, as it is stored.

import { z } from 'zod';
import type { Subnet } from '../kernel/netlink.ts';
import { type RecordKind, type Shape, type Upgrade, unchanged } from '../store/record-kind.ts';

/** What was asked for of the addresses, as `docker network inspect` shows it again. */
export interface AskedRange {
  readonly Subnet: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
}

/** What a network has of one family. */
export interface StoredPool {
  readonly subnet: Subnet;
  /** The host's own address on the bridge. */
  readonly gateway: string;
  /** Where addresses are given from, where that is not the whole subnet. */
  readonly ipRange: Subnet | null;
  /** Addresses that no container gets. */
  readonly reserved: readonly string[];
}

/** Its own pool is that of IPv4. */
export interface NetworkRecord extends StoredPool {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Null where the engine chose the subnet. */
  readonly asked: AskedRange | null;
  /** Null in a network without IPv6. */
  readonly ipv6: StoredPool | null;
  /** What was asked for of IPv6, in a network without it too. */
  readonly askedIpv6: AskedRange | null;
  /** Nothing leads out of it, nor in. */
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly options: Readonly<Record<string, string>>;
  /** Null where none were sent, as compose does; shown as such. */
  readonly ipamOptions: Readonly<Record<string, string>> | null;
  readonly labels: Readonly<Record<string, string>>;
}

const strings = z.record(z.string(), z.string());
const subnet = z.object({ ip: z.string(), prefixLength: z.int() } satisfies Shape<Subnet>);

const askedSchema = z.object({
  Subnet: z.string(),
  IPRange: z.string().exactOptional(),
  Gateway: z.string().exactOptional(),
  AuxiliaryAddresses: strings.exactOptional(),
} satisfies Shape<AskedRange>);

const pool = {
  subnet,
  gateway: z.string(),
  ipRange: subnet.nullable(),
  reserved: z.array(z.string()),
} satisfies Shape<StoredPool>;

const withoutIpv6: Upgrade = (body) => ({ ...z.looseObject({}).parse(body), ipv6: null, askedIpv6: null });

export const networkKind: RecordKind<NetworkRecord> = {
  name: 'network',
  schema: z.object({
    id: z.string(),
    name: z.string(),
    createdAt: z.string(),
    ...pool,
    asked: askedSchema.nullable(),
    ipv6: z.object(pool).nullable(),
    askedIpv6: askedSchema.nullable(),
    internal: z.boolean(),
    attachable: z.boolean(),
    options: strings,
    ipamOptions: strings.nullable(),
    labels: strings,
  } satisfies Shape<NetworkRecord>),
  upgrades: [
    unchanged, // version 1: so that an engine which knows no such records does not open the file
    withoutIpv6,
  ],
};
