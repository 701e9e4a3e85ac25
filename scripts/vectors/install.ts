// Builds the real cosign into its cache, where it is not there yet.
import { installCosign } from './cosign.ts';

console.log(`cosign: ${installCosign()}`);
