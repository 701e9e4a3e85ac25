// Reads the body of PUT /v1/logs/{id}: a log, a timestamp authority, or Sigstore's trusted root, told apart by their fields.

import { publicKeyPem } from '../../core/crypto/public_key.ts';
import type { Bytes } from '../../core/encoding/bytes.ts';
import type { Json } from '../../core/encoding/json.ts';
import { Malformed } from '../../core/encoding/malformed.ts';
import { encodePem, parsePemBlocks } from '../../core/encoding/pem.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { checkAuthorityChain } from '../../core/timestamp/authority_chain.ts';
import { applySigningConfig, SIGNING_CONFIG_TYPE } from '../../core/trust/signing_config.ts';
import { logIdOf } from '../../core/trust/trusted_log.ts';
import { assertTrustsSomebody, parseTrustedRoot } from '../../core/trust/trusted_root.ts';
import { type LogContent, namesOf, storedRoot } from '../../store/log_records.ts';
import { assertWindow } from '../../store/records.ts';
import type { AppContext } from '../context.ts';
import { readJson, validate } from './body.ts';
import { parsedAsync } from './parsed.ts';
import { publicKeyFromPem } from './read_public_key.ts';
import { authorityBodySchema, jsonObjectSchema, logBodySchema, rootBodySchema } from './schemas.ts';

/** In bytes. Sigstore's own trusted roots have 7 to 13 kB. */
const MAX_LOG_BYTES = 64 * 1024;

/** Errors: `BAD_KEY` for a bad key, `BAD_REQUEST` for anything else that cannot be trusted as sent. */
export async function readLogBody(context: AppContext): Promise<LogContent> {
  const body = await readJson(context, jsonObjectSchema, MAX_LOG_BYTES);
  if (
    body.mediaType === SIGNING_CONFIG_TYPE ||
    (body.signingConfig !== undefined && body.trustedRoot === undefined)
  ) {
    throw new CallerError(
      'BAD_REQUEST',
      'A signing config has no keys. Send it with its trusted root: {"trustedRoot": …, "signingConfig": …}.',
    );
  }
  if (body.trustedRoot !== undefined) return rootFrom(validate(rootBodySchema, body));
  if (typeof body.mediaType === 'string') return rootFrom({ trustedRoot: body });
  return body.certificates === undefined ? logFrom(body) : authorityFrom(body);
}

async function logFrom(body: object): Promise<LogContent> {
  const { publicKey, ...terms } = validate(logBodySchema, body);
  assertWindow(terms);
  const key = await publicKeyFromPem(publicKey);
  return {
    ...terms,
    publicKey: publicKeyPem(key),
    logId: await logIdOf(terms.version, namesOf(terms).name, key),
  };
}

async function authorityFrom(body: object): Promise<LogContent> {
  const { certificates, ...terms } = validate(authorityBodySchema, body);
  assertWindow(terms);
  const texts = typeof certificates === 'string' ? [certificates] : certificates;
  const chain = await parsedAsync('BAD_REQUEST', async () => {
    const ders = texts.flatMap(certificatesIn);
    await checkAuthorityChain(ders);
    return ders;
  });
  return { ...terms, certificates: chain.map((certificate) => encodePem('CERTIFICATE', certificate)) };
}

function certificatesIn(text: string): Bytes[] {
  return parsePemBlocks(text).map(({ label, der }) => {
    if (label !== 'CERTIFICATE')
      throw new Malformed('certificates', `PEM label "${label}" is not CERTIFICATE`);
    return der;
  });
}

/** Both documents were parsed by the strict parser for request bodies, so they are JSON. */
async function rootFrom(body: {
  trustedRoot: object;
  signingConfig?: object | undefined;
}): Promise<LogContent> {
  return parsedAsync('BAD_REQUEST', async () => {
    const root = await parseTrustedRoot(body.trustedRoot as Json);
    assertTrustsSomebody(root);
    if (body.signingConfig === undefined) return storedRoot(root);
    const { root: fitted, searched } = applySigningConfig(body.signingConfig as Json, root);
    return storedRoot(fitted, searched);
  });
}
