// The usage text that `curl` gets at the root.

export function usage(origin: string): string {
  return `countersign: is this image signed by someone you trust?

  curl -fsS '${origin}/v1/verify/IMAGE?key=KEY' && echo deploy it

  GET    /v1/verify/{reference}?key=ID    verdict on an image; 200 verified or exempt, 403 refused, 404 no such image, 5xx undecided
  POST   /v1/verify                       the same, with JSON: {"image": ..., "keys": [...]}
  POST   /v1/verify/{digest}              verdict on evidence that you send: a Sigstore bundle, or {"payload", "signature", "bundle"}
  GET    /v1/inspect/{reference}          everything found; nothing is verified
  PUT    /v1/keys/{id}                    trust a key: curl -T cosign.pub
  GET    /v1/keys                         trusted keys; also GET, DELETE /v1/keys/{id}
  POST   /v1/keys/{id}/revoke             {"reason": ..., "compromisedAt": ...}
  PUT    /v1/logs/{id}                    trust another transparency log; also GET, DELETE
  PUT    /v1/policies/{id}                who may sign what: curl -T policy.json; also GET, DELETE; POST /v1/policies/test
  POST   /v1/verify/batch                 many images, or the Kubernetes manifests that name them
  PUT    /v1/tokens/{id}                  {"scopes": ["verify"], "names": [...], "expiresAt": ...}; also GET, DELETE
  POST   /v1/admission/{policy}[/mutate]  AdmissionReview; /v1/gatekeeper/{policy} for Gatekeeper
  GET    /v2/...                          docker pull THIS-HOST/ghcr.io/acme/app, verified
  GET    /v1/download/{reference}?title=  a file, verified; or ?url=&bundle=&key=
  GET    /healthz, /readyz, /metrics, /openapi.json

  -H 'Accept: text/plain' answers in one line, which --fail-with-body shows and -f hides. -H 'Authorization: Bearer TOKEN' identifies you.
`;
}
