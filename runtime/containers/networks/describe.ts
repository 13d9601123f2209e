// What `docker network inspect` and `docker network ls` tell of a network.

import { isOfIpv6 } from '../../kernel/ip-address.ts';
import { type Bridge, defaultBridge } from '../../networks/bridge.ts';
import { endpointIn, poolsOf } from '../../networks/endpoint.ts';
import type { Network } from '../../networks/network.ts';
import { subnetInWords } from '../../networks/subnet.ts';
import type { ContainerHost } from '../container.ts';
import { networksOfContainer } from '../network-settings.ts';
import { shownContainers } from '../shown.ts';

const defaultOptions = ({ link }: Bridge): Record<string, string> => ({
  'com.docker.network.bridge.default_bridge': 'true',
  'com.docker.network.bridge.enable_icc': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'true',
  'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
  'com.docker.network.bridge.name': link,
  'com.docker.network.driver.mtu': '1500',
});

/** The running containers on a network. */
function members(host: ContainerHost, network: Network): Record<string, object> {
  const { name: networkName, bridge } = network;
  const running = shownContainers(host).filter(
    (container) =>
      container.running &&
      (bridge
        ? endpointIn(container.record.endpoints, networkName) !== null
        : networksOfContainer(container).includes(network)),
  );
  return Object.fromEntries(
    running.map(({ id, name, record }) => {
      const endpoint = endpointIn(record.endpoints, networkName);
      const told = {
        Name: name,
        EndpointID: endpoint?.endpointId ?? '',
        MacAddress: endpoint?.macAddress ?? '',
        IPv4Address: endpoint && bridge ? `${endpoint.ipAddress}/${bridge.subnet.prefixLength}` : '',
        IPv6Address:
          endpoint?.ip6Address && bridge?.ipv6 ? `${endpoint.ip6Address}/${bridge.ipv6.subnet.prefixLength}` : '',
      };
      return [id, told];
    }),
  );
}

/** As Docker: what was asked for, then what the engine chose; IPv4 first. */
function rangesOf({ bridge, record }: Network): object[] | null {
  if (!bridge) return null;
  const asked = record ? [record.asked, record.askedIpv6] : [];
  const chosen = poolsOf(bridge).filter(({ subnet }) => !asked[isOfIpv6(subnet.ip) ? 1 : 0]);
  return [
    ...asked.filter((range) => range !== null),
    ...chosen.map(({ subnet, gateway }) => ({ Subnet: subnetInWords(subnet), Gateway: gateway })),
  ];
}

export function describeNetwork(host: ContainerHost, network: Network, options: { readonly members: boolean }): object {
  const { record } = network;
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: (network.bridge?.ipv6 ?? null) !== null,
    IPAM: { Driver: 'default', Options: record ? record.ipamOptions : null, Config: rangesOf(network) },
    Internal: record?.internal ?? false,
    Attachable: record?.attachable ?? false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: options.members ? members(host, network) : {},
    Options: record ? record.options : network.bridge === defaultBridge ? defaultOptions(defaultBridge) : {},
    Labels: record?.labels ?? {},
  };
}
