import { queryOptions } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { defineTexts } from "../i18n/texts";

/** Providers whose accounts sign people in, as the server's configuration has them. */
export const providersQuery = queryOptions({
  queryKey: ["login-providers"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async () => (await body(api.GET("/api/v1/auth/providers"))).data,
});

const useTrouble = defineTexts("providers", {
  en: {
    provider_refused: "You were not signed in: it was cancelled, or the provider refused.",
    provider_unavailable: "The provider does not answer as it should. Try again, or sign in another way.",
    provider_not_believed:
      "The provider's answer did not pass a check. An administrator finds in the log which.",
    provider_email_not_verified:
      "The provider does not vouch for your email address. Confirm the address there first.",
    domain_not_allowed: "Your email address belongs to a domain that may not sign in here.",
    registration_closed:
      "There is no account with this address here. Ask an administrator for an invitation.",
    identity_taken: "That account is linked to another person here.",
    invalid_state: "Signing in took too long, or began in another browser. Try again.",
    other: "Signing in did not work. Try again, or sign in another way.",
  },
  de: {
    provider_refused: "Sie wurden nicht angemeldet: Es wurde abgebrochen, oder der Anbieter hat abgelehnt.",
    provider_unavailable:
      "Der Anbieter antwortet nicht, wie er sollte. Versuchen Sie es erneut, oder melden Sie sich anders an.",
    provider_not_believed:
      "Die Antwort des Anbieters bestand eine Prüfung nicht. Welche, findet die Verwaltung im Protokoll.",
    provider_email_not_verified:
      "Der Anbieter bürgt nicht für Ihre E-Mail-Adresse. Bestätigen Sie die Adresse zuerst dort.",
    domain_not_allowed: "Ihre E-Mail-Adresse gehört zu einer Domain, die sich hier nicht anmelden darf.",
    registration_closed:
      "Mit dieser Adresse gibt es hier kein Konto. Bitten Sie die Verwaltung um eine Einladung.",
    identity_taken: "Jenes Konto ist hier mit einer anderen Person verknüpft.",
    invalid_state:
      "Die Anmeldung dauerte zu lange oder begann in einem anderen Browser. Versuchen Sie es erneut.",
    other: "Die Anmeldung ist fehlgeschlagen. Versuchen Sie es erneut, oder melden Sie sich anders an.",
  },
});

const known = [
  "provider_refused",
  "provider_unavailable",
  "provider_not_believed",
  "provider_email_not_verified",
  "domain_not_allowed",
  "registration_closed",
  "identity_taken",
  "invalid_state",
] as const;

/** What the word means with which a browser comes back from a provider (`docs/accounts.md`). */
export function useProviderTrouble(): (code: string) => string {
  const t = useTrouble();
  return (code) => t(known.find((word) => word === code) ?? "other");
}
