/** Which ports of containers have a page to show. */

/**
 * Ports whose programs speak no HTTP, as IANA lists them: SSH, mail, DNS, databases, caches and queues. All others may be a
 * web server's.
 */
const otherPorts = new Set([
  ...[22, 25, 53, 110, 143, 465, 587, 993, 995],
  ...[1433, 1521, 1883, 2181, 3306, 4222, 5432, 5672, 6379, 8883, 9042, 9092, 11211, 27017],
]);

/** By the port that a program listens on in its container. */
export function mayBeWeb(containerPort: number): boolean {
  return !otherPorts.has(containerPort);
}
