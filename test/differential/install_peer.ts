// Builds the peer into its cache, where it is not there yet.
import { installPeer } from './peer.ts';

console.log(`peer: ${installPeer()}`);
