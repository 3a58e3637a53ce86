import { lookup } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { LookupFunction } from 'node:net';

/** Special-purpose blocks of the IANA registries (RFC 6890) that no host on the internet has. */
const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix, 'ipv4');
}

/** Of IPv6 only the global unicast block is anybody's, without its documentation and translation parts. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
const specialUnicast = new BlockList();
specialUnicast.addSubnet('2001::', 23, 'ipv6');
specialUnicast.addSubnet('2001:db8::', 32, 'ipv6');
specialUnicast.addSubnet('2002::', 16, 'ipv6');

/** Whether an IP address, of either version, is one of a host on the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIPv6(address)) {
    return globalUnicast.check(address, 'ipv6') && !specialUnicast.check(address, 'ipv6');
  }
  return isIP(address) === 4 && !special.check(address, 'ipv4');
}

/**
 * Node's name lookup, leaving out every address that is not public. Made for the connection itself, so that a
 * name that leads somewhere else a moment later changes nothing.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    const addresses = found?.filter(({ address }) => isPublicAddress(address)) ?? [];
    const [first] = addresses;
    if (error !== null || first === undefined) callback(error ?? notPublic(), '', 0);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

/** @throws Error with code EPRIVATE when a URL's host is an address that is not public; names pass */
export function refuseLiteralAddress(hostname: string): void {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0 && !isPublicAddress(bare)) throw notPublic();
}

function notPublic(): Error {
  return Object.assign(new Error('the address is not public'), { code: 'EPRIVATE' });
}
