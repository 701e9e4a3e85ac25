// The records under `log/<id>`: one transparency log, one timestamp authority, or the logs and authorities of a trusted root. Their keys
// and certificates are what the administrator stored, never what a log or timestamp states about itself.
import * as z from 'zod';
import { parsePublicKeyPem, publicKeyPem } from '../core/crypto/public_key.ts';
import { apiAddress } from '../core/encoding/api_address.ts';
import { formatInstant } from '../core/encoding/instant.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { encodePem, parsePem } from '../core/encoding/pem.ts';
import { checkAuthorityChain } from '../core/timestamp/authority_chain.ts';
import type { TrustedAuthority } from '../core/trust/trusted_authority.ts';
import { logIdOf, namesAt, type TrustedLog } from '../core/trust/trusted_log.ts';
import type { TrustedRoot } from '../core/trust/trusted_root.ts';
import { authorshipFields, idSchema, instantSchema, readRecord } from './records.ts';

/** In characters, all of them Latin-1. A value in Deno KV is limited to 64 KiB. */
export const MAX_LOG_RECORD = 48 * 1024;

const urlSchema = z.string().transform((text, context) => {
  const address = apiAddress(text);
  if (address !== undefined) return address;
  context.addIssue({
    code: 'custom',
    message: 'expected an http or https URL without credentials, query or fragment',
  });
  return z.NEVER;
});

const versionSchema = z.literal([1, 2], "expected 1 or 2, Rekor's major version");

/** What an administrator sets for a log, apart from its key. A window without a start is malformed. */
export const logTermsSchema = z.strictObject({
  url: urlSchema,
  /** The name in its checkpoints; by default the names from `namesAt`. */
  name: z
    .string()
    .regex(/^[^\s+]{1,255}$/, 'expected 1 to 255 characters, without white space and "+"')
    .optional(),
  /** Rekor's major version; 1 by default. */
  version: versionSchema.default(1),
  validFrom: instantSchema,
  validUntil: instantSchema.optional(),
});

export const authorityTermsSchema = z.strictObject({
  url: urlSchema.optional(),
  validFrom: instantSchema,
  validUntil: instantSchema.optional(),
});

export const storedLogSchema = logTermsSchema.extend({
  publicKey: z.string(),
  logId: z.string().regex(/^[0-9a-f]{64}$/),
});
export type StoredLog = z.infer<typeof storedLogSchema>;

export const storedAuthoritySchema = authorityTermsSchema.extend({
  /** PEM, the signer's certificate first. */
  certificates: z.array(z.string()).min(1),
});
export type StoredAuthority = z.infer<typeof storedAuthoritySchema>;

export const storedRootSchema = z.strictObject({
  /** `searched` is false for a log that the signing config omits. `version` is absent if neither the config nor the log id reveals it. */
  logs: z.array(
    storedLogSchema.extend({ version: versionSchema.optional(), searched: z.literal(false).optional() }),
  ),
  authorities: z.array(storedAuthoritySchema),
});
export type StoredRoot = z.infer<typeof storedRootSchema>;

export type LogContent = StoredLog | StoredAuthority | StoredRoot;

const recordFields = { id: idSchema, ...authorshipFields };
const logRecordSchema = z.union([
  storedLogSchema.extend(recordFields),
  storedAuthoritySchema.extend(recordFields),
  storedRootSchema.extend(recordFields),
]);
export type LogRecord = z.infer<typeof logRecordSchema>;

export const RECORD_PREFIX = 'log/';
export const recordKey = (id: string) => `${RECORD_PREFIX}${id}`;

/** Throws `Undecided` when the record cannot be parsed. */
export function readLogRecord(text: string, id: string): LogRecord {
  return readRecord(logRecordSchema, recordKey(id), text, id);
}

export function logsIn(content: LogContent): StoredRoot['logs'] {
  if ('logs' in content) return content.logs;
  return 'logId' in content ? [content] : [];
}

export function authoritiesIn(content: LogContent): StoredAuthority[] {
  if ('authorities' in content) return content.authorities;
  return 'certificates' in content ? [content] : [];
}

/** @param searched the URLs of the logs to search; by default all of them */
export function storedRoot({ logs, authorities }: TrustedRoot, searched?: Set<string>): StoredRoot {
  return {
    logs: logs.map((log) => ({
      url: log.url,
      ...(log.version !== undefined && { version: log.version }),
      publicKey: publicKeyPem(log.key),
      logId: log.logId,
      ...storedWindow(log),
      ...(searched?.has(log.url) === false && { searched: false as const }),
    })),
    authorities: authorities.map(({ url, chain, ...window }) => ({
      ...(url !== undefined && { url }),
      certificates: chain.map((certificate) => encodePem('CERTIFICATE', certificate)),
      ...storedWindow(window),
    })),
  };
}

function storedWindow({ validFrom, validUntil }: { validFrom: number; validUntil?: number }) {
  return {
    validFrom: formatInstant(validFrom),
    ...(validUntil !== undefined && { validUntil: formatInstant(validUntil) }),
  };
}

/** The names that the log's checkpoints may have. */
export function namesOf({ name, url }: Pick<StoredLog, 'name' | 'url'>): Pick<TrustedLog, 'name' | 'alias'> {
  return name === undefined ? namesAt(url) : { name };
}

/** @throws Malformed when the record is damaged */
export async function toTrustedLog(stored: StoredRoot['logs'][number]): Promise<TrustedLog> {
  const key = await parsePublicKeyPem(stored.publicKey);
  const names = namesOf(stored);
  const { url, version, logId } = stored;
  if ((await logIdOf(version ?? 1, names.name, key)) !== logId) {
    throw new Malformed('log', 'its id does not match its key');
  }
  return { ...names, url, key, logId, ...(version !== undefined && { version }), ...trustedWindow(stored) };
}

/** @throws Malformed when the certificates are not a valid chain any more */
export async function toTrustedAuthority(name: string, stored: StoredAuthority): Promise<TrustedAuthority> {
  const chain = stored.certificates.map((text) => parsePem(text).der);
  await checkAuthorityChain(chain);
  return { name, chain, ...trustedWindow(stored) };
}

function trustedWindow({ validFrom, validUntil }: { validFrom: string; validUntil?: string | undefined }) {
  return {
    validFrom: Date.parse(validFrom),
    ...(validUntil !== undefined && { validUntil: Date.parse(validUntil) }),
  };
}
