// Builds the real cosign into its cache, unless it is there already.
import { installCosign } from './cosign.ts';

console.log(`cosign: ${installCosign()}`);
