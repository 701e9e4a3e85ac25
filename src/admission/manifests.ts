// Finds the images in Kubernetes manifests as `kubectl apply` takes them: YAML documents of any kind.
import { CORE_SCHEMA, loadAll, YAMLException } from 'js-yaml';
import type { Json } from '../core/encoding/json.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { imagesInAll } from './workload_images.ts';

/** How many aliases a document may use and how deep it may nest: more is an attack, not a manifest. */
const LIMITS = { maxAliases: 1000, maxDepth: 64 };
/** Values in one text, at most. Manifests have one per 20 characters; parsed, a value takes hundreds of bytes, and `- ` is two. */
const MAX_NODES = 250_000;
/** Every value, but the outermost of the text, follows one of these, and at most three follow the same one: in `["a":1]`. */
const BEGINS_NODE = /[,[{]|[-:?.](?!\S)/g;

/**
 * The images as written, in order and with repetitions. Kinds without images are skipped.
 * @throws Malformed
 */
export function imagesInManifests(yaml: string): string[] {
  const objects = readDocuments(yaml).filter((document) => document !== null && document !== undefined);
  return imagesInAll(objects).map(({ image }) => image);
}

/**
 * Line breaks in YAML 1.1, which kubectl's parser follows, but not in YAML 1.2: a comment would end for one and continue for the other.
 * CR alone is one to both, but not to kubectl where it looks for the next document.
 */
const OTHER_LINE_BREAKS = /\r(?!\n)|[\u0085\u2028\u2029]/;

function readDocuments(yaml: string): Json[] {
  if (OTHER_LINE_BREAKS.test(yaml))
    throw new Malformed(
      'YAML',
      'has a line break (CR alone, U+0085, U+2028 or U+2029) that some parsers do not treat as one',
    );
  if (hasTooManyNodes(yaml))
    throw new Malformed('YAML', `has more than ${MAX_NODES} values, or what may begin one`);
  try {
    const documents = loadAll(yaml, { schema: CORE_SCHEMA, ...LIMITS }) as Json[];
    refuseMergeKeys(documents);
    return documents;
  } catch (error) {
    if (error instanceof YAMLException) throw new Malformed('YAML', describe(error));
    throw error;
  }
}

function hasTooManyNodes(yaml: string): boolean {
  let left = MAX_NODES;
  for (const _ of yaml.matchAll(BEGINS_NODE)) if (--left < 0) return true;
  return false;
}

function describe({ reason, mark }: YAMLException): string {
  // The parser knows no line for this.
  if (reason.includes('complex keys'))
    return 'a mapping is used as a name, as where a template ({{ ... }}) was not rendered';
  return mark === undefined || mark === null ? reason : `${reason} (line ${mark.line + 1})`;
}

/** Parsers treat `<<` in several ways (YAML 1.2 does not define it), so kubectl could see a different image. */
function refuseMergeKeys(documents: Json[]): void {
  const seen = new Set<Json>();
  const left: Json[] = [...documents];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    // Aliases can lead to the same object by many paths.
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (!Array.isArray(value) && Object.hasOwn(value, '<<'))
      throw new Malformed(
        'YAML',
        'has a merge key (<<), which YAML parsers interpret differently: expand it',
      );
    for (const item of Object.values(value)) if (item !== undefined) left.push(item);
  }
}
