// Mutants: vectors with one systematic change each. Each field of each document is dropped, emptied, or given another type, a near value
// or the other image's value; layers, entries and tags are reordered, doubled, added and moved between images.
import { digestOf, type Layout, type StoredManifest } from './layout.ts';
import type { Vector } from './make.ts';

export interface Mutant extends Vector {
  /** The original vector and the change. */
  change: string;
}

// biome-ignore lint/suspicious/noExplicitAny: documents are edited into forms that no type allows
type Json = any;

/** Pairs of vectors of one form: the first is changed, the second supplies values. */
const PAIRS: [vector: string, other: string][] = [
  ['classic-p256', 'classic-annotated'],
  ['classic-several', 'classic-index'],
  ['classic-attest-custom', 'classic-attest-vuln'],
  ['bundle-p256', 'bundle-annotated'],
  ['bundle-v2-p256', 'bundle-v2-p384'],
  ['bundle-attest-custom', 'bundle-attest-vuln'],
  ['blob-bundle-p256', 'blob-bundle-rsa2048'],
  ['blob-v2-p256', 'blob-v2-rsa2048'],
  ['blob-classic-p256', 'blob-classic-rsa2048'],
  ['blob-attest-custom', 'blob-attest-slsaprovenance1'],
];

export function mutate(vectors: Vector[]): Mutant[] {
  const byName = new Map(vectors.map((vector) => [vector.name, vector]));
  return PAIRS.flatMap(([name, lender]) => {
    const [vector, other] = [byName.get(name), byName.get(lender)];
    if (vector === undefined || other === undefined)
      throw new Error(`there is no vector ${name} or ${lender}`);
    const base = vector.name === 'classic-several' ? { ...vector, key: 'p256' as const } : vector;
    if (base.blob !== undefined) return blobMutants(base, other);
    return base.name.startsWith('classic') ? attachedMutants(base, other) : referrerMutants(base, other);
  });
}

function mutant(vector: Vector, change: string, changed: Partial<Vector>): Mutant {
  const slug = change
    .replace(/[^a-z0-9]+/gi, '-')
    .toLowerCase()
    .replace(/^-|-$/g, '');
  return {
    ...vector,
    ...changed,
    change: `${vector.name}: ${change}`,
    name: `${vector.name}-${slug}`.slice(0, 120),
  };
}

/** Every change of every field of a document. */
function* fieldChanges(document: Json, other: Json): Generator<[change: string, changed: Json]> {
  for (const path of paths(document)) {
    const place = path.join('.');
    const value = at(document, path);
    yield [`${place} dropped`, edited(document, path, undefined)];
    yield [`${place} null`, edited(document, path, null)];
    const lent = at(other, path);
    if (lent !== undefined && JSON.stringify(lent) !== JSON.stringify(value))
      yield [`${place} of the other`, edited(document, path, lent)];
    if (typeof value === 'object') {
      yield [`${place} empty`, edited(document, path, Array.isArray(value) ? [] : {})];
      if (Array.isArray(value) && value.length > 0) {
        yield [`${place} doubled`, edited(document, path, [...value, ...value])];
        yield [`${place} with a null`, edited(document, path, [null, ...value])];
      }
      if (!Array.isArray(value))
        yield [`${place} with an unknown field`, edited(document, path, { ...value, unknown: 1 })];
    } else {
      yield [`${place} near`, edited(document, path, near(value))];
      yield [
        `${place} of another type`,
        edited(document, path, typeof value === 'number' ? String(value) : { value }),
      ];
      if (typeof value === 'string') yield [`${place} as an empty string`, edited(document, path, '')];
    }
  }
}

function* paths(value: Json, path: (string | number)[] = []): Generator<(string | number)[]> {
  if (path.length > 0) yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value))
    yield* paths(value[key], [...path, Array.isArray(value) ? Number(key) : key]);
}

function at(document: Json, path: (string | number)[]): Json {
  return path.reduce((value, key) => value?.[key], document);
}

function edited(document: Json, path: (string | number)[], value: Json): Json {
  const copy = structuredClone(document);
  const holder = at(copy, path.slice(0, -1));
  const key = path.at(-1) as string;
  if (value !== undefined) holder[key] = value;
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
  return copy;
}

/** The next number, or a text with its middle character replaced by another letter, not the other case: hexadecimal ignores case. */
function near(value: Json): Json {
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string') return !value;
  if (/^\d+$/.test(value)) return String(BigInt(value) + 1n);
  const middle = Math.floor(value.length / 2);
  const changed = /a/i.test(value.charAt(middle)) ? 'B' : 'A';
  return value.slice(0, middle) + changed + value.slice(middle + 1);
}

function blobMutants(vector: Vector, other: Vector): Mutant[] {
  const { blob } = vector;
  if (blob === undefined || other.blob === undefined)
    throw new Error(`${vector.name} or its partner is not a blob`);
  const artifact = `${blob.artifact} `;
  const documents = fieldChanges(JSON.parse(blob.bundle), JSON.parse(other.blob.bundle));
  return [
    mutant(vector, 'another artifact', { blob: { ...blob, artifact }, digest: digestOf(artifact) }),
    mutant(vector, 'the bundle of the other', { blob: { ...blob, bundle: other.blob.bundle } }),
    ...[...documents].map(([change, bundle]) =>
      mutant(vector, change, { blob: { ...blob, bundle: JSON.stringify(bundle) } }),
    ),
    ...logBundleChanges(blob.bundle, other.blob.bundle).map(([change, bundle]) =>
      mutant(vector, change, { blob: { ...blob, bundle } }),
    ),
  ];
}

/** Changes the log entry's body too, which is also a document; the log's promise does not cover the changed one. */
function logBundleChanges(text: string, other: string): [string, string][] {
  const { rekorBundle } = JSON.parse(text);
  if (rekorBundle === undefined) return [];
  const body = JSON.parse(atob(rekorBundle.Payload.body));
  const lent = JSON.parse(atob(JSON.parse(other).rekorBundle.Payload.body));
  return [...fieldChanges(body, lent)].map(([change, changed]) => [
    `body ${change}`,
    JSON.stringify(
      edited(JSON.parse(text), ['rekorBundle', 'Payload', 'body'], btoa(JSON.stringify(changed))),
    ),
  ]);
}

const BUNDLE = 'dev.sigstore.cosign/bundle';
const SIGNATURE = 'dev.cosignproject.cosign/signature';

/** Mutants of `.sig` and `.att` images: layers with annotations. */
function attachedMutants(vector: Vector, other: Vector): Mutant[] {
  const [own, lent] = [attachedManifest(vector), attachedManifest(other)];
  const document = JSON.parse(own.text);
  const lentLayer = JSON.parse(lent.text).layers[0];
  const lentBlobs = (other.layout as Layout).blobs;
  const withLayers = (change: string, layers: Json[]) =>
    mutant(vector, change, withManifest(vector, own, { ...document, layers }, lentBlobs));
  const [first, ...rest] = document.layers;
  const annotated = (annotations: Json) => [{ ...first, annotations }, ...rest];
  const { [BUNDLE]: bundle, ...unlogged } = first.annotations;
  const otherImage = (vector.layout as Layout).manifests.find(({ tag }) => tag === '1');
  return [
    withLayers('layers reordered', [...document.layers].reverse()),
    withLayers('layers doubled', [...document.layers, ...document.layers]),
    withLayers('no layer', []),
    withLayers('the other’s layer alone', [lentLayer]),
    withLayers('the other’s layer first', [lentLayer, ...document.layers]),
    withLayers('the other’s layer last', [...document.layers, lentLayer]),
    withLayers('twenty junk layers first', [
      ...Array(20).fill({ ...first, annotations: { [SIGNATURE]: 'AAAA' } }),
      ...document.layers,
    ]),
    withLayers('another media type', [{ ...first, mediaType: 'application/octet-stream' }, ...rest]),
    withLayers('stripped log entry', annotated(unlogged)),
    withLayers('the other’s log entry', annotated({ ...unlogged, [BUNDLE]: lentLayer.annotations[BUNDLE] })),
    withLayers(
      'the other’s signature',
      annotated({ ...first.annotations, [SIGNATURE]: lentLayer.annotations[SIGNATURE] }),
    ),
    withLayers('the other’s payload', [{ ...lentLayer, annotations: first.annotations }, ...rest]),
    withLayers(
      'a certificate that is none',
      annotated({ ...first.annotations, 'dev.sigstore.cosign/certificate': 'junk' }),
    ),
    withLayers(
      'a timestamp that is none',
      annotated({ ...first.annotations, 'dev.sigstore.cosign/rfc3161timestamp': 'junk' }),
    ),
    ...(otherImage === undefined ? [] : [movedTo(vector, other)]),
    ...[...fieldChanges(first.annotations, lentLayer.annotations)].map(([change, annotations]) =>
      withLayers(`annotation ${change}`, annotated(annotations)),
    ),
    ...[...fieldChanges(JSON.parse(bundle), JSON.parse(lentLayer.annotations[BUNDLE]))].map(
      ([change, changed]) =>
        withLayers(`entry ${change}`, annotated({ ...first.annotations, [BUNDLE]: JSON.stringify(changed) })),
    ),
    ...[...fieldChanges(bodyOf(bundle), bodyOf(lentLayer.annotations[BUNDLE]))].map(([change, changed]) =>
      withLayers(`body ${change}`, annotated({ ...first.annotations, [BUNDLE]: withBody(bundle, changed) })),
    ),
    ...payloadMutants(vector, own, document),
  ];
}

function bodyOf(bundle: string): Json {
  return JSON.parse(atob(JSON.parse(bundle).Payload.body));
}

function withBody(bundle: string, body: Json): string {
  return JSON.stringify(edited(JSON.parse(bundle), ['Payload', 'body'], btoa(JSON.stringify(body))));
}

/** Mutants with other payload bytes, listed by their correct digest. */
function payloadMutants(vector: Vector, own: StoredManifest, document: Json): Mutant[] {
  const [first, ...rest] = document.layers;
  const payload = JSON.parse((vector.layout as Layout).blobs[first.digest] ?? '{}');
  return [...fieldChanges(payload, {})].map(([change, changed]) => {
    const text = JSON.stringify(changed);
    const layers = [{ ...first, digest: digestOf(text), size: Buffer.byteLength(text) }, ...rest];
    return mutant(
      vector,
      `payload ${change}`,
      withManifest(vector, own, { ...document, layers }, { [digestOf(text)]: text }),
    );
  });
}

/** This vector's signature under the other image's tag, with the question about the other image. */
function movedTo(vector: Vector, other: Vector): Mutant {
  const own = attachedManifest(vector);
  const [, suffix = ''] = (own.tag ?? '').split('.');
  const image = (other.layout as Layout).manifests.find(
    ({ text }) => digestOf(text) === other.digest,
  ) as StoredManifest;
  const tag = `${other.digest.replace(':', '-')}.${suffix}`;
  const { manifests, blobs } = vector.layout as Layout;
  const moved = [
    ...manifests.filter((item) => item !== own && item.tag !== '1'),
    { ...image, tag: '1' },
    { ...own, tag },
  ];
  return mutant(vector, 'moved to another image', {
    digest: other.digest,
    layout: { manifests: moved, blobs: { ...blobs, ...(other.layout as Layout).blobs } },
  });
}

function attachedManifest({ name, digest, layout }: Vector): StoredManifest {
  const found = layout?.manifests.find(({ tag }) => tag?.startsWith(`${digest.replace(':', '-')}.`));
  if (found === undefined) throw new Error(`${name} has nothing attached`);
  return found;
}

function withManifest(
  vector: Vector,
  own: StoredManifest,
  document: Json,
  more: Record<string, string>,
): Partial<Vector> {
  const { manifests, blobs } = vector.layout as Layout;
  const changed = { ...own, text: JSON.stringify(document) };
  return {
    layout: {
      manifests: manifests.map((item) => (item === own ? changed : item)),
      blobs: { ...blobs, ...more },
    },
  };
}

/** Mutants of bundles in artifacts that the fallback tag lists. */
function referrerMutants(vector: Vector, other: Vector): Mutant[] {
  const [own, lent] = [openReferrer(vector), openReferrer(other)];
  const [bundle, lentBundle] = [JSON.parse(own.bundle), JSON.parse(lent.bundle)];
  const artifact = JSON.parse(own.artifact.text);
  const index = JSON.parse(own.index.text);
  const withBundle = (change: string, changed: Json) =>
    mutant(vector, change, rebuilt(vector, own, { bundle: JSON.stringify(changed) }));
  const withArtifact = (change: string, changed: Json) =>
    mutant(vector, change, rebuilt(vector, own, { artifact: changed }));
  const withIndex = (change: string, manifests: Json[]) =>
    mutant(vector, change, rebuilt(vector, own, { index: { ...index, manifests } }));
  const [listed] = index.manifests;
  const [layer] = artifact.layers;
  const body = (text: string) =>
    JSON.parse(atob(JSON.parse(text).verificationMaterial.tlogEntries[0].canonicalizedBody));
  const BODY = ['verificationMaterial', 'tlogEntries', 0, 'canonicalizedBody'];
  return [
    withBundle('the bundle of the other', lentBundle),
    ...[...fieldChanges(bundle, lentBundle)].map(([change, changed]) => withBundle(change, changed)),
    ...[...fieldChanges(body(own.bundle), body(lent.bundle))].map(([change, changed]) =>
      withBundle(`body ${change}`, edited(bundle, BODY, btoa(JSON.stringify(changed)))),
    ),
    withArtifact('another layer type', {
      ...artifact,
      layers: [{ ...layer, mediaType: 'application/octet-stream' }],
    }),
    withArtifact('another artifact type', { ...artifact, artifactType: 'application/octet-stream' }),
    withArtifact('no artifact type', { ...artifact, artifactType: undefined }),
    withArtifact('about another image', {
      ...artifact,
      subject: { ...artifact.subject, digest: other.digest },
    }),
    withArtifact('about nothing', { ...artifact, subject: undefined }),
    withArtifact('other annotations', {
      ...artifact,
      annotations: { 'dev.sigstore.bundle.predicateType': 'x' },
    }),
    withArtifact('no layer', { ...artifact, layers: [] }),
    withIndex('listed twice', [listed, listed]),
    withIndex('listed as an empty artifact', [
      { ...listed, artifactType: 'application/vnd.oci.empty.v1+json' },
    ]),
    withIndex('listed without a type', [{ ...listed, artifactType: undefined }]),
    withIndex('listed with a size that is wrong', [{ ...listed, size: listed.size + 1 }]),
    withIndex('not listed', []),
    movedReferrer(vector, other, own),
  ];
}

interface Referrer {
  index: StoredManifest;
  artifact: StoredManifest;
  bundle: string;
}

function openReferrer({ name, digest, layout }: Vector): Referrer {
  const index = layout?.manifests.find(({ tag }) => tag === digest.replace(':', '-'));
  const listed = index === undefined ? undefined : JSON.parse(index.text).manifests[0]?.digest;
  const artifact = layout?.manifests.find(({ text }) => digestOf(text) === listed);
  if (index === undefined || artifact === undefined) throw new Error(`${name} has no referrer`);
  return { index, artifact, bundle: layout?.blobs[JSON.parse(artifact.text).layers[0].digest] ?? '' };
}

/** Rebuilds from the inside out: a changed bundle changes the artifact that names it, and that changes the index. */
function rebuilt(
  vector: Vector,
  own: Referrer,
  changed: { bundle?: string; artifact?: Json; index?: Json },
): Partial<Vector> {
  const { manifests, blobs } = vector.layout as Layout;
  const bundle = changed.bundle ?? own.bundle;
  const artifact = changed.artifact ?? JSON.parse(own.artifact.text);
  if (changed.bundle !== undefined)
    artifact.layers[0] = { ...artifact.layers[0], digest: digestOf(bundle), size: Buffer.byteLength(bundle) };
  const artifactText = JSON.stringify(artifact);
  const index = changed.index ?? JSON.parse(own.index.text);
  if (changed.index === undefined)
    index.manifests[0] = {
      ...index.manifests[0],
      digest: digestOf(artifactText),
      size: Buffer.byteLength(artifactText),
    };
  const untouched =
    changed.index !== undefined
      ? manifests.filter((item) => item !== own.index)
      : manifests.filter((item) => item !== own.index && item !== own.artifact);
  const rewritten =
    changed.index !== undefined ? [] : [{ mediaType: own.artifact.mediaType, text: artifactText }];
  return {
    layout: {
      manifests: [...untouched, ...rewritten, { ...own.index, text: JSON.stringify(index) }],
      blobs: { ...blobs, [digestOf(bundle)]: bundle },
    },
  };
}

function movedReferrer(vector: Vector, other: Vector, own: Referrer): Mutant {
  const { manifests, blobs } = vector.layout as Layout;
  const image = (other.layout as Layout).manifests.find(
    ({ text }) => digestOf(text) === other.digest,
  ) as StoredManifest;
  const moved = { ...own.index, tag: other.digest.replace(':', '-') };
  return mutant(vector, 'moved to another image', {
    digest: other.digest,
    layout: {
      manifests: [
        ...manifests.filter((item) => item !== own.index && item.tag !== '1'),
        { ...image, tag: '1' },
        moved,
      ],
      blobs: { ...blobs, ...(other.layout as Layout).blobs },
    },
  });
}
