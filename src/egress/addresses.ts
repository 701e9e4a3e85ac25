// Recognises hosts that are not on the public internet: address literals in special ranges, and names that resolve only in a network.
import ipaddr from 'ipaddr.js';

/** RFC 6761, RFC 6762, RFC 8375, RFC 9476, and names that hosts files, clusters and clouds use internally. */
const INTERNAL_SUFFIX =
  /(?:^|\.)(?:localhost|local|internal|intranet|private|corp|home|lan|home\.arpa|localdomain[46]?|svc|default|alt|onion)$|^metadata\.goog$/;

/**
 * Whether a request to this host could end inside a network. `hostname` comes from the URL parser, so every spelling of an IPv4
 * address is in dotted form and IPv6 is in brackets.
 */
export function isInternalHost(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal)) return isInternalAddress(ipaddr.process(literal));
  const name = literal.toLowerCase().replace(/\.+$/, '');
  return !name.includes('.') || INTERNAL_SUFFIX.test(name);
}

/** In IPv6, only 2000::/3 is allocated to the public internet (RFC 4291 §2.4): `::7f00:1` is unicast but not public. */
function isInternalAddress(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return true;
  return address instanceof ipaddr.IPv6 && (address.parts[0] ?? 0) >> 13 !== 1;
}
