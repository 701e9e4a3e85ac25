// What `curl` sees at the root.

export function usage(origin: string): string {
  return `countersign: is this image signed by someone you trust?

  curl -fsS '${origin}/v1/verify/IMAGE?key=KEY' && echo deploy it

  GET    /v1/verify/{reference}?key=ID    verdict on an image; 200 verified, 403 refused, 5xx undecided
  POST   /v1/verify                       the same, with JSON: {"image": ..., "keys": [...]}
  POST   /v1/verify/{digest}              verdict on evidence you hold: {"payload", "signature", "bundle"}
  GET    /v1/inspect/{reference}          everything found, nothing trusted
  PUT    /v1/keys/{id}                    trust a key: curl -T cosign.pub
  GET    /v1/keys                         trusted keys; also GET, DELETE /v1/keys/{id}
  POST   /v1/keys/{id}/revoke             {"reason": ..., "compromisedAt": ...}
  PUT    /v1/logs/{id}                    trust another transparency log; also GET, DELETE
  GET    /healthz, /readyz, /openapi.json

  -H 'Accept: text/plain' answers in one line. -H 'Authorization: Bearer TOKEN' says who you are.
`;
}
