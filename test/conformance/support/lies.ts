// Makes a registry answer something else at one step of a verification.
import { MANIFEST_TYPE, signatureTag } from '../../support/sign_image.ts';
import type { World } from './world.ts';

export type Answer = () => Response;
export const json =
  (value: unknown, type = MANIFEST_TYPE) =>
  () =>
    new Response(typeof value === 'string' ? value : JSON.stringify(value), {
      headers: { 'content-type': type },
    });

/** Sets what the registry answers at one step in place of the right answer. */
export function lieAt(world: World, step: 'image' | 'signatures' | 'payload', answer: Answer): void {
  const tag = signatureTag(world.image.digest);
  world.registry.lie = ({ what, reference }) => {
    const isListing = what === 'referrers' || reference === tag.replace('.sig', '');
    const at = what === 'blob' ? 'payload' : reference === tag ? 'signatures' : 'image';
    return at === step && !isListing ? answer() : undefined;
  };
}
