// Which hosts are not the public internet: address literals in special ranges, and names that only resolve inside a network.
import ipaddr from 'ipaddr.js';

/** RFC 6761, RFC 6762, RFC 8375, RFC 9476 and the names clusters and clouds use inside. */
const INTERNAL_SUFFIX =
  /(?:^|\.)(?:localhost|local|internal|intranet|private|corp|home|lan|home\.arpa|svc|alt|onion)$/;

/**
 * Whether a request to this host could end inside a network. `hostname` is as the URL parser gives it, so that every
 * spelling of an IPv4 address has become the dotted one and IPv6 stands in brackets.
 */
export function isInternalHost(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal)) return ipaddr.process(literal).range() !== 'unicast';
  const name = literal.toLowerCase().replace(/\.$/, '');
  return !name.includes('.') || INTERNAL_SUFFIX.test(name);
}
