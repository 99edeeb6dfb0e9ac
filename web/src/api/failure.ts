import { useCommon } from "../i18n/common";

/** What the API says when it refuses or fails. `/v1` and `/api/v1` share the form. */
interface ErrorBody {
  error?: { code?: string; message?: string; details?: unknown; request_id?: string | null };
}

/** A call that did not succeed, with what a person and the support need to know. */
export class Failure extends Error {
  override readonly name = "Failure";

  constructor(
    message: string,
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    readonly details: unknown = null,
    readonly requestId: string | null = null,
  ) {
    super(message);
  }

  static from(response: Response, body: unknown): Failure {
    const error = (body as ErrorBody | null)?.error;
    const message = error?.message ?? `${response.status} ${response.statusText}`.trim();
    const requestId = error?.request_id ?? response.headers.get("x-request-id");
    return new Failure(
      sentence(message),
      response.status,
      error?.code ?? "unknown",
      error?.details,
      requestId,
    );
  }

  /** Any thrown thing as a failure. */
  static of(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    if (thrown instanceof TypeError) return new Failure(useCommon.get("offline"), 0, "offline");
    return new Failure(thrown instanceof Error ? thrown.message : String(thrown), 0, "unknown");
  }
}

/** Messages of the API begin in lower case, as errors do in logs. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
