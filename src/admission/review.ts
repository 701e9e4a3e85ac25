// AdmissionReview of admission.k8s.io/v1 (kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers): parses the
// API server's request and builds the response. Nothing the request says about itself (labels, annotations, namespaces) exempts it.
import { toBase64, utf8 } from '../core/encoding/bytes.ts';
import type { Json, JsonObject } from '../core/encoding/json.ts';
import { asObject, asString, isObject } from '../core/encoding/json_fields.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { messageText, warningTexts } from './review_texts.ts';
import { changedImages, type ImagePlace } from './workload_images.ts';

const API_VERSION = 'admission.k8s.io/v1';
const KIND = 'AdmissionReview';
const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;
/** In characters. metadata.UID is a UUID, and it is echoed. */
const MAX_UID = 128;

/** Subresources that cannot change an image: their objects are not pod specs, or the API server keeps the pod's own spec. */
const WITHOUT_IMAGES = new Set([
  'status',
  'scale',
  'binding',
  'eviction',
  'exec',
  'attach',
  'portforward',
  'proxy',
  'log',
  'token',
  'approval',
]);

export interface AdmissionRequest {
  uid: string;
  operation: (typeof OPERATIONS)[number];
  subResource: string | undefined;
  object: Json | undefined;
  oldObject: Json | undefined;
  isDryRun: boolean;
}

/** @throws Malformed */
export function parseReview(body: Json): AdmissionRequest {
  const review = asObject(body, 'AdmissionReview');
  if (review.apiVersion !== API_VERSION || review.kind !== KIND)
    throw new Malformed('AdmissionReview', `expected kind ${KIND} of apiVersion ${API_VERSION}`);
  const request = asObject(review.request, 'request');
  const uid = asString(request.uid, 'request.uid');
  if (uid === '' || uid.length > MAX_UID)
    throw new Malformed('request.uid', `expected 1 to ${MAX_UID} characters`);
  const operation = OPERATIONS.find((one) => one === request.operation);
  if (operation === undefined)
    throw new Malformed('request.operation', `expected one of ${OPERATIONS.join(', ')}`);
  const { subResource, object, oldObject, dryRun } = request;
  return {
    uid,
    operation,
    subResource:
      subResource === undefined || subResource === null || subResource === ''
        ? undefined
        : asString(subResource, 'request.subResource'),
    object: object ?? undefined,
    oldObject: oldObject ?? undefined,
    isDryRun: dryRun === true,
  };
}

/**
 * The images that must be judged before the request may pass. An update answers for the images that it adds, not for those already
 * there: it must stay possible to remove a finalizer from a pod whose key has since been revoked.
 * @throws Malformed if the object's images cannot be determined
 */
export function imagesToJudge({ operation, subResource, object, oldObject }: AdmissionRequest): ImagePlace[] {
  if (operation === 'DELETE' || operation === 'CONNECT') return [];
  if (subResource !== undefined && WITHOUT_IMAGES.has(subResource)) return [];
  if (object === undefined) throw new Malformed('request.object', `is missing from a ${operation}`);
  return changedImages(object, operation === 'UPDATE' ? oldObject : undefined);
}

/**
 * Whether the object must not be patched. A Deployment finds its ReplicaSet by comparing templates literally: if the template were
 * changed, it would create another ReplicaSet, endlessly. The pods are pinned when they are created.
 */
export function isComparedByItsOwner({ object }: AdmissionRequest): boolean {
  const { kind, metadata } = asObject(object, 'request.object');
  if (kind !== 'ReplicaSet' || !isObject(metadata)) return false;
  const { ownerReferences } = metadata;
  return Array.isArray(ownerReferences) && ownerReferences.length > 0;
}

export interface AdmissionAnswer {
  allowed: boolean;
  /** Why it is not allowed: an HTTP status, and a message for people. */
  status?: { code: number; message: string };
  warnings?: string[];
  patch?: PatchOperation[];
  auditAnnotations?: Record<string, string>;
}

/** RFC 6902. */
export interface PatchOperation {
  op: 'replace';
  path: string;
  value: string;
}

export function reviewResponse(uid: string, answer: AdmissionAnswer): JsonObject {
  const { allowed, status, warnings = [], patch = [], auditAnnotations = {} } = answer;
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    response: {
      uid,
      allowed,
      ...(status !== undefined && {
        status: { code: status.code, message: messageText(status.message) },
      }),
      ...(warnings.length > 0 && {
        warnings: warningTexts(warnings),
      }),
      ...(allowed &&
        patch.length > 0 && {
          patchType: 'JSONPatch',
          patch: toBase64(utf8(JSON.stringify(patch))),
        }),
      ...(Object.keys(auditAnnotations).length > 0 && { auditAnnotations }),
    },
  };
}
