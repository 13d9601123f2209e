// What `docker network inspect` and `docker network ls` tell of a network.

import { type Bridge, defaultBridge } from '../../networks/bridge.ts';
import { endpointIn } from '../../networks/endpoint.ts';
import type { Network } from '../../networks/network.ts';
import { subnetInWords } from '../../networks/subnet.ts';
import type { ContainerHost } from '../container.ts';
import { networksOfContainer } from '../network-settings.ts';

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
  const running = [...host.containers.values()].filter(
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
        IPv6Address: '',
      };
      return [id, told];
    }),
  );
}

function rangesOf({ bridge, record }: Network): object[] | null {
  if (record?.asked) return [record.asked];
  return bridge ? [{ Subnet: subnetInWords(bridge.subnet), Gateway: bridge.gateway }] : null;
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
    EnableIPv6: false,
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
