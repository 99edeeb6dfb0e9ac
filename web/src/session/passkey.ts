import { Failure } from "../api/failure";
import { useSession } from "./texts";

/** What the server sends for a ceremony: options in the form of `PublicKeyCredential`'s JSON. */
type Options = Record<string, unknown>;

/**
 * Whether this browser, at this address, can use passkeys. They belong to a name: browsers refuse them
 * at plain http and at bare numbers.
 */
export function canUsePasskeys(): boolean {
  const isNumber = /^[\d.]+$|:/.test(location.hostname);
  return isSecureContext && !isNumber && "parseRequestOptionsFromJSON" in (window.PublicKeyCredential ?? {});
}

/** Lets the person choose a passkey and use it. */
export async function usedPasskey(options: Options): Promise<AuthenticationResponseJSON> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return shown(() => navigator.credentials.get({ publicKey })) as Promise<AuthenticationResponseJSON>;
}

/** Lets the person make a passkey. */
export async function madePasskey(options: Options): Promise<RegistrationResponseJSON> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return shown(() => navigator.credentials.create({ publicKey })) as Promise<RegistrationResponseJSON>;
}

async function shown(
  ceremony: () => Promise<Credential | null>,
): Promise<AuthenticationResponseJSON | RegistrationResponseJSON> {
  try {
    const credential = await ceremony();
    if (credential) return (credential as PublicKeyCredential).toJSON();
  } catch (thrown) {
    throw explained(thrown);
  }
  throw explained(null);
}

/** Browsers tell little, so that no page learns which passkeys there are. */
function explained(thrown: unknown): Failure {
  const name = thrown instanceof DOMException ? thrown.name : "";
  if (name === "InvalidStateError") return new Failure(useSession.get("passkey.exists"), 0, "passkey_exists");
  if (name === "SecurityError") return new Failure(useSession.get("passkey.otherName"), 0, "passkey_site");
  return new Failure(useSession.get("passkey.cancelled"), 0, "passkey_cancelled");
}
