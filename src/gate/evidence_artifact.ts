// Recognises signatures and attestations, which pass the gate with the image they are about. It must be strict: an image disguised as a
// signature would bypass the gate.
import { type Digest, digestOf, isDigest } from '../core/crypto/digest.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import { type JsonObject, parseJsonBytes } from '../core/encoding/json.ts';
import { asObject, isObject } from '../core/encoding/json_fields.ts';
import { stringifyJson } from '../core/encoding/json_text.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { ENVELOPE_FIELDS } from '../core/formats/dsse.ts';
import type { RepositoryClient } from '../registry/client.ts';
import { isEvidenceLayer } from '../registry/layers.ts';
import {
  DESCRIPTOR_FIELDS,
  type Descriptor,
  type ImageManifest,
  type Manifest,
  parseDescriptor,
} from '../registry/manifest.ts';
import { TITLE } from './artifact_file.ts';

/** In bytes, for each layer and for the configuration. */
const MAX_LAYER = 16 * 1024 * 1024;
const TAG = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att))?$/;
/**
 * How a file of a signature may be named. oras writes over whatever has the name already, and a shell or make runs what JSON has in quotes.
 */
const FILE_NAME = /^(?:[^./\\][^/\\]*\/)*[^./\\][^/\\]*\.(?:jsonl?|bundle|sigstore|sig|att|dsse)$/;
/** What a payload, an envelope or a bundle has at its top. Whatever a client runs, by whatever reading, has other names there. */
const DOCUMENT = new Set([
  ...['critical', 'optional', ...ENVELOPE_FIELDS],
  ...['mediaType', 'verificationMaterial', 'messageSignature', 'dsseEnvelope'],
]);
/** What cosign and podman write as the configuration beside them. */
const CONFIGURATION = new Set(['architecture', 'author', 'config', 'created', 'history', 'os', 'rootfs']);

/** The digest that the artifact claims to be about: from cosign's tag or, if it was pulled by digest, from its subject. */
export function subjectOf(manifest: Manifest, tag: string | undefined): Digest | undefined {
  if (tag === undefined) return manifest.kind === 'image' ? manifest.subject : undefined;
  const digest = `sha256:${TAG.exec(tag)?.[1]}`;
  return isDigest(digest) ? digest : undefined;
}

/**
 * Whether this is the tag fallback of the referrers API (distribution-spec "Referrers Tag Schema"): a list, which vouches for nothing, and
 * which only names: clients would take what it embeds as `data`, or what is at its `urls`, without asking here.
 */
export function isListOfReferrers(manifest: Manifest, tag: string | undefined): boolean {
  const isTagged = manifest.kind === 'index' && tag !== undefined && TAG.test(tag) && !tag.includes('.');
  return (
    isTagged &&
    manifest.manifests.every(
      (item) => isObject(item) && Object.keys(item).every((name) => DESCRIPTOR_FIELDS.includes(name)),
    )
  );
}

/** Whether the manifest claims to hold evidence and nothing else. */
export function isEvidenceOnly(manifest: Manifest): manifest is ImageManifest {
  if (manifest.kind === 'index' || manifest.layers.length === 0) return false;
  const described = attempt(() =>
    [manifest.config, ...manifest.layers].map((item, at) => parseDescriptor(item, `blob ${at}`)),
  );
  return (
    !(described instanceof Malformed) &&
    described.every((item) => item.size <= MAX_LAYER && isWellNamed(item)) &&
    described.slice(1).every(({ mediaType }) => isEvidenceLayer(mediaType))
  );
}

function isWellNamed({ annotations }: Descriptor): boolean {
  const title = annotations[TITLE] ?? '';
  return title === '' || (typeof title === 'string' && FILE_NAME.test(title));
}

/**
 * Whether every blob is a payload, envelope or bundle, or the configuration beside them, and nothing else. A root filesystem is not,
 * whatever its media type claims, nor is a manifest: containerd follows one that is listed as the configuration. Errors: `Undecided`.
 */
export async function holdsDocuments(
  repository: RepositoryClient,
  { config, layers }: ImageManifest,
): Promise<boolean> {
  const configuration = parseDescriptor(config, 'config').digest;
  const own = new Set(layers.map((layer, at) => parseDescriptor(layer, `layers[${at}]`).digest));
  for (const digest of new Set([configuration, ...own])) {
    const bytes = await repository.blob(digest, MAX_LAYER, 'signature layer');
    if ((await digestOf(bytes)) !== digest) return false;
    if (!isDocument(bytes, digest, configuration, own)) return false;
  }
  return true;
}

/** It is no asynchronous function: parsed, a blob may take many times its bytes, and would stay in memory while that waits for the next one. */
function isDocument(bytes: Bytes, digest: Digest, configuration: Digest, own: Set<Digest>): boolean {
  const document = attempt(() => asObject(parseJsonBytes(bytes, 'layer'), 'layer'));
  if (document instanceof Malformed || isTar(bytes)) return false;
  if (own.has(digest) && !hasOnly(document, DOCUMENT)) return false;
  return digest !== configuration || isOfNoImage(document, own);
}

function hasOnly(document: JsonObject, names: Set<string>): boolean {
  return Object.keys(document).every((name) => names.has(name));
}

/**
 * Whether a configuration says nothing to run. Its `rootfs` may have only the artifact's own layers: containerd takes others that it has
 * unpacked before.
 */
function isOfNoImage(document: JsonObject, layers: Set<string>): boolean {
  const { config, rootfs = null } = document;
  const named = stringifyJson(rootfs).match(/sha256:\w+/g) ?? [];
  return (
    hasOnly(document, CONFIGURATION) &&
    Object.keys(Object(config)).length === 0 &&
    named.every((digest) => layers.has(digest))
  );
}

/**
 * Whether readers of tar take it for an archive: no byte of a header has to be zero, so JSON can be one. GNU tar looks for the first header
 * that there is.
 */
function isTar(bytes: Bytes): boolean {
  for (let at = 0; at < bytes.length; at += 512) if (isTarHeader(bytes.subarray(at, at + 512))) return true;
  return false;
}

/** A header has the sum of its bytes, signed or not, where this takes spaces for them. Python also reads `0o17` and `1_7`. */
function isTarHeader(block: Bytes): boolean {
  const digits = String.fromCharCode(...block.subarray(148, 156)).replace(/_|0o/gi, '');
  const stated = Number.parseInt(digits, 8);
  if (Number.isNaN(stated)) return false;
  const header = block.slice().fill(32, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  const negative = header.filter((byte) => byte > 127).length;
  return stated === sum || stated === sum - 256 * negative;
}
