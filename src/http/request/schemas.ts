// The schemas of requests. They validate requests, and openapi.json is generated from them.
import * as z from 'zod';
import { isDigest } from '../../core/crypto/digest.ts';
import { keyTermsSchema, revocationSchema } from '../../store/key_records.ts';
import { authorityTermsSchema, logTermsSchema } from '../../store/log_records.ts';
import { policyDocumentSchema } from '../../store/policy_document.ts';
import { ID_PATTERN } from '../../store/records.ts';
import { tokenTermsSchema } from '../../store/tokens.ts';
import { MAX_NAMED_KEYS } from '../../verify/question.ts';
import { isTimeout } from './timeout.ts';

const MAX_ANNOTATIONS = 64;

/** Documents whose fields are checked by the core or by a dedicated parser. */
export const jsonObjectSchema = z.record(z.string(), z.unknown());

/** A query parameter that may be given once or repeated. */
function repeatable<T extends z.ZodType>(item: T, most: number) {
  return z.union([item.transform((value) => [value]), z.array(item).min(1).max(most)]).optional();
}

const keyName = z
  .string()
  .refine(
    (text) => ID_PATTERN.test(text) || isDigest(text),
    'expected a key id or a fingerprint sha256:<64 hex>',
  )
  .meta({ description: 'Key id or fingerprint' });
const policyName = z.string().regex(ID_PATTERN, 'expected a policy id').meta({ description: 'Policy id' });
const annotation = z
  .string()
  .regex(/^[^=]+=/s, 'expected name=value')
  .meta({ description: 'name=value' });
const duration = z
  .string()
  .refine(isTimeout, 'expected a duration greater than zero, such as 8s or 500ms')
  .meta({ description: 'Such as 8s or 500ms' });
const attestation = z.string().meta({
  description: "A predicate type's URI, or cosign's short name for it: slsaprovenance1, spdx, vuln, …",
});
const platform = z.string().meta({ description: 'os/arch[/variant]' });
const signatures = z.string().meta({ description: 'The repository with the signatures, if it is another' });
const transparencyForms = {
  required: 'required: a log entry, even where the key waives it',
  online: 'online: also ask the log',
  'unsafe-none': "unsafe-none: no log entry, with the caller's own key only",
};
const transparency = <T extends keyof typeof transparencyForms>(...forms: T[]) =>
  z.enum(forms).meta({ description: forms.map((form) => transparencyForms[form]).join('; ') });
const include = z.enum(['predicate']).meta({ description: "predicate: show the attestation's predicate" });
const format = z.enum(['json', 'cosign']).meta({
  description:
    'cosign: if verified, not a Verdict but what cosign prints: a list of payloads, or an attestation a line',
});

/** Annotations to require. They are counted before they are examined: each wrong one among a million would be an error of its own. */
const annotations = z.preprocess(
  (given, context) => {
    if (typeof given === 'object' && Object.keys(given ?? {}).length > MAX_ANNOTATIONS)
      context.addIssue(`at most ${MAX_ANNOTATIONS}`);
    return given;
  },
  z.record(z.string().min(1), z.string()),
);

const trustQuery = {
  key: repeatable(keyName, MAX_NAMED_KEYS),
  policy: policyName.optional(),
  annotation: repeatable(annotation, MAX_ANNOTATIONS),
  attestation: attestation.optional(),
  include: include.optional(),
  format: format.optional(),
  timeout: duration.optional(),
};

export const verifyQuerySchema = z.strictObject({
  ...trustQuery,
  transparency: transparency('required', 'online').optional(),
  platform: platform.optional(),
  signatures: signatures.optional(),
});

/** A file of an artifact in a registry. */
export const downloadArtifactQuerySchema = verifyQuerySchema.omit({ format: true, include: true }).extend({
  title: z
    .string()
    .max(1024)
    .optional()
    .meta({ description: 'org.opencontainers.image.title of the file, or its digest if it has no title' }),
});

/** A file from a download host. */
export const downloadFileQuerySchema = z
  .strictObject({
    url: z.string().meta({ description: 'URL of the file' }),
    bundle: z
      .string()
      .optional()
      .meta({ description: 'URL of a Sigstore bundle, or of an old cosign bundle' }),
    signature: z.string().optional().meta({ description: 'URL of a bare signature; needs digest' }),
    digest: z.string().optional().meta({ description: 'Digest of the file' }),
    key: z.union([keyName.transform((value) => [value]), z.array(keyName).min(1).max(MAX_NAMED_KEYS)]),
    annotation: trustQuery.annotation,
    attestation: attestation.optional(),
    transparency: transparency('required', 'online').optional(),
    timeout: duration.optional(),
  })
  .refine(
    ({ bundle, signature }) => (bundle === undefined) !== (signature === undefined),
    'give bundle=URL, or signature=URL with digest=',
  )
  .refine(
    ({ signature, digest }) => signature === undefined || digest !== undefined,
    'a bare signature does not state a digest: add digest=',
  );

export const offlineQuerySchema = z.strictObject({
  ...trustQuery,
  transparency: transparency('required', 'online', 'unsafe-none').optional(),
  publicKey: repeatable(
    z.string().meta({ description: 'PEM, or DER SubjectPublicKeyInfo in base64 or base64url' }),
    MAX_NAMED_KEYS,
  ),
  reference: z.string().optional().meta({
    description: 'Where the artifact is meant to go: for policies and scopes of keys; not verified',
  }),
});

export const timeoutQuerySchema = z.strictObject({ timeout: duration.optional() });

export const verifyPostQuerySchema = z.strictObject({
  include: include.optional(),
  format: format.optional(),
  timeout: duration.optional(),
});

export const inspectQuerySchema = z.strictObject({
  platform: platform.optional(),
  signatures: signatures.optional(),
  timeout: duration.optional(),
});

export const verifyBodySchema = z.strictObject({
  image: z.string(),
  keys: z.array(keyName).min(1).max(MAX_NAMED_KEYS).optional(),
  policy: policyName.optional(),
  publicKeys: z.array(z.string()).min(1).max(MAX_NAMED_KEYS).optional(),
  annotations: annotations.optional(),
  attestation: z.strictObject({ type: attestation }).optional(),
  transparency: transparency('required', 'online', 'unsafe-none').optional(),
  platform: platform.optional(),
  signatures: signatures.optional(),
});

/** An annotation that holds a JSON object. */
const jsonAnnotation = (name: string) =>
  z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .nullish()
    .meta({ description: `The annotation ${name}, as text or as the JSON object in it` });
const logBundle = jsonAnnotation('dev.sigstore.cosign/bundle');

/** What cosign stores with a layer. */
export const layerBodySchema = z.strictObject({
  payload: z.string().meta({ description: 'Base64 of the layer: a simple-signing payload, or an envelope' }),
  signature: z.string().meta({ description: 'Base64, the annotation dev.cosignproject.cosign/signature' }),
  bundle: logBundle,
  certificate: z.string().nullish(),
  rfc3161timestamp: jsonAnnotation('dev.sigstore.cosign/rfc3161timestamp'),
});

/** What `cosign sign-blob --bundle` wrote before Sigstore bundles existed. */
export const blobBodySchema = z.strictObject({
  base64Signature: z.string(),
  cert: z.string().nullish(),
  rekorBundle: logBundle,
});

/** A Sigstore bundle; the core parses it field by field. */
export const bundleBodySchema = z.looseObject({
  mediaType: z
    .string()
    .meta({ description: 'application/vnd.dev.sigstore.bundle.v0.3+json, or an earlier version' }),
});

export const evidenceBodySchema = z.union([bundleBodySchema, layerBodySchema, blobBodySchema]);

export const MAX_BATCH_ITEMS = 1000;
export const batchBodySchema = z.strictObject({
  items: z.array(verifyBodySchema).min(1).max(MAX_BATCH_ITEMS),
});

/** `key` and similar parameters are for manifests, which do not say whom to trust. */
export const batchQuerySchema = verifyQuerySchema.omit({ format: true });

export const keyBodySchema = keyTermsSchema.extend({ publicKey: z.string().meta({ description: 'PEM' }) });
export const revokeBodySchema = revocationSchema;
export const tokenBodySchema = tokenTermsSchema;
export const logBodySchema = logTermsSchema.extend({ publicKey: z.string().meta({ description: 'PEM' }) });
export const authorityBodySchema = authorityTermsSchema.extend({
  certificates: z
    .union([z.string(), z.array(z.string()).min(1)])
    .meta({ description: 'PEM of the chain, beginning with the certificate that signs timestamps' }),
});
/** Sigstore's ClientTrustConfig (sigstore/protobuf-specs sigstore_trustroot.proto), in which `mediaType` may be left out. */
export const rootBodySchema = z.strictObject({
  mediaType: z.literal('application/vnd.dev.sigstore.clienttrustconfig.v0.1+json').optional(),
  trustedRoot: jsonObjectSchema.meta({ description: 'The JSON object in trusted_root.json' }),
  signingConfig: jsonObjectSchema
    .meta({ description: 'The JSON object of a signing config v0.2' })
    .optional(),
});
/** A trusted root may also be the body itself. */
export const anyLogBodySchema = z.union([
  logBodySchema,
  authorityBodySchema,
  rootBodySchema,
  jsonObjectSchema.meta({ description: 'The contents of trusted_root.json' }),
]);

export const listQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, 'expected a number from 1 to 100')
    .transform(Number)
    .refine((limit) => limit <= 100, 'at most 100')
    .optional()
    .meta({ description: 'Records in the page, 1 to 100' }),
  cursor: z.string().max(1024).optional().meta({ description: 'cursor of the page before' }),
  timeout: duration.optional(),
});

export const policyBodySchema = policyDocumentSchema;
const MAX_TESTED_IMAGES = 100;
export const policyTestSchema = z.strictObject({
  policy: z
    .union([policyName, jsonObjectSchema])
    .meta({ description: 'A policy as PUT /v1/policies/{id} takes it, or the id of a stored one' }),
  images: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          reference: z.string(),
          digest: z.string(),
          evidence: z
            .union([jsonObjectSchema, z.array(jsonObjectSchema).max(MAX_TESTED_IMAGES)])
            .meta({ description: 'A body as for POST /v1/verify/{digest}, or a list of these' }),
        }),
      ]),
    )
    .min(1)
    .max(MAX_TESTED_IMAGES),
  against: policyName
    .optional()
    .meta({ description: 'The stored policy to compare with; by default the policy "default"' }),
});
