// Name and version, as /healthz and the OpenAPI document report them.

export const NAME = 'countersign';
export const VERSION = '0.1.0';
