// The images in Kubernetes manifests, as `kubectl apply` takes them: YAML documents of any kinds.
import { CORE_SCHEMA, loadAll, mergeTag, YAMLException } from 'js-yaml';
import type { Json } from '../core/encoding/json.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { imagesIn } from './workload_images.ts';

/** Anchors may be used so often, and lists be nested so deep: more is an attack, not a manifest. */
const LIMITS = { maxAliases: 1000, maxDepth: 64 };

/**
 * As written, in order, each as often as it stands there; kinds without images are passed over.
 * @throws Malformed
 */
export function imagesInManifests(yaml: string): string[] {
  return readDocuments(yaml)
    .filter((document) => document !== null && document !== undefined)
    .flatMap((document) => imagesIn(document))
    .map(({ image }) => image);
}

function readDocuments(yaml: string): Json[] {
  try {
    return loadAll(yaml, { schema: CORE_SCHEMA.withTags(mergeTag), ...LIMITS }) as Json[];
  } catch (error) {
    if (error instanceof YAMLException) throw new Malformed('YAML', error.reason);
    throw error;
  }
}
