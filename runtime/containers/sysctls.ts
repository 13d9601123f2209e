// The settings of the kernel that a container may choose with --sysctl: those that count in its own namespaces alone, and whose
// worst value costs nobody else anything. What the kernel sets aside for a namespace without counting it (the memory of IP
// fragments, of ARP) is not among them.

import { EngineError } from '../errors.ts';

const allowed = new RegExp(
  `^(${[
    'kernel\\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)',
    'fs\\.mqueue\\.(msg_default|msg_max|msgsize_default|msgsize_max|queues_max)',
    'net\\.core\\.somaxconn',
    'net\\.ipv4\\.(ip_forward|ip_local_port_range|ip_local_reserved_ports|ip_nonlocal_bind|ip_default_ttl)',
    'net\\.ipv4\\.(ip_unprivileged_port_start|ping_group_range|icmp_echo_ignore_all|icmp_echo_ignore_broadcasts)',
    'net\\.ipv4\\.tcp_(fin_timeout|keepalive_time|keepalive_intvl|keepalive_probes|tw_reuse|syncookies|timestamps|sack)',
    'net\\.ipv4\\.tcp_(syn_retries|synack_retries|retries1|retries2|slow_start_after_idle|window_scaling|ecn|mtu_probing)',
    'net\\.ipv4\\.tcp_(max_syn_backlog|congestion_control|fastopen|no_metrics_save)',
    'net\\.ipv4\\.conf\\.[a-z0-9]{1,15}\\.(forwarding|rp_filter|route_localnet|log_martians|arp_ignore|arp_announce)',
    'net\\.ipv4\\.conf\\.[a-z0-9]{1,15}\\.(accept_redirects|send_redirects|accept_source_route)',
    'net\\.ipv6\\.conf\\.[a-z0-9]{1,15}\\.(disable_ipv6|forwarding|accept_ra|autoconf)',
    'net\\.ipv6\\.bindv6only',
    'net\\.unix\\.max_dgram_qlen',
  ].join('|')})$`,
);

/** Throws invalid for what reaches beyond the container. */
export function checkedSysctls(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(given)) {
    const shown = name.slice(0, 80);
    if (!allowed.test(name))
      throw new EngineError(
        'invalid',
        `sysctl "${shown}" is not in a separate kernel namespace, or reaches beyond a host of this engine: leave it out`,
      );
    if (!/^[\x20-\x7e\t]{1,256}$/.test(value))
      throw new EngineError('invalid', `sysctl "${shown}": the value must be one line of at most 256 characters`);
  }
  return given;
}
