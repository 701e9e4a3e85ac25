// Builds the peer into its cache, unless it is there already.
import { installPeer } from './peer.ts';

console.log(`peer: ${installPeer()}`);
