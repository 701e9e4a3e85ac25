// The images in Kubernetes manifests, as `kubectl apply` takes them: YAML documents of any kinds.
import { CORE_SCHEMA, loadAll, YAMLException } from 'js-yaml';
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

/** Line breaks of YAML 1.1, which kubectl's reader takes, and not of YAML 1.2: a comment would end for the one and go on for the other. */
const OTHER_LINE_BREAKS = /[\u0085\u2028\u2029]/;

function readDocuments(yaml: string): Json[] {
  if (OTHER_LINE_BREAKS.test(yaml))
    throw new Malformed(
      'YAML',
      'has a line break (U+0085, U+2028 or U+2029) that not every reader takes for one',
    );
  try {
    const documents = loadAll(yaml, { schema: CORE_SCHEMA, ...LIMITS }) as Json[];
    refuseMergeKeys(documents);
    return documents;
  } catch (error) {
    if (error instanceof YAMLException) throw new Malformed('YAML', error.reason);
    throw error;
  }
}

/** `<<` is read in several ways (YAML 1.2 has none of it): what kubectl makes of it may be another image. */
function refuseMergeKeys(documents: Json[]): void {
  const seen = new Set<Json>();
  const left: Json[] = [...documents];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    // Aliases lead to one object by many ways.
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (!Array.isArray(value) && Object.hasOwn(value, '<<'))
      throw new Malformed(
        'YAML',
        'has a merge key (<<), which readers take in different ways: write its fields out',
      );
    for (const item of Object.values(value)) if (item !== undefined) left.push(item);
  }
}
