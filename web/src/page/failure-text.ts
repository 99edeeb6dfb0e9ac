import type { Failure } from "../api/failure";
import type { Shown } from "./api";
import { usePage } from "./texts";

/** Why something was refused, in the visitor's language where the reason is a known one. */
export function useFailureText(shown: Shown): (failure: Failure) => string {
  const t = usePage();
  return (failure) => {
    const time = waitOf(failure);
    const wait =
      time > 90
        ? t("error.minutes", { count: Math.ceil(time / 60) })
        : t("error.seconds", { count: Math.max(time, 1) });
    switch (failure.code) {
      case "visitor_rate_exceeded":
        return t("error.visitor", { time: wait });
      case "page_rate_exceeded":
        return t("error.page", { time: wait });
      case "message_too_long":
        return t("error.long", { max: shown.max_message_chars });
      case "offline":
        return t("error.offline");
      default:
        return failure.status >= 500 ? t("error.failed") : failure.message;
    }
  };
}

/** The seconds that a refusal says. */
function waitOf(failure: Failure): number {
  return Number(/in (\d+) s/.exec(failure.message)?.[1] ?? 60);
}

/** Whether the page is no longer open to this visitor. */
export function isLocked(failure: Failure): boolean {
  return ["sign_in_required", "password_required", "not_found"].includes(failure.code);
}
