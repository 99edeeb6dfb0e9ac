import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export const client = { id: "nocode-ai", secret: "between us two" };

/** Who sits at the provider. */
export interface Account {
  sub: string;
  email: string;
  email_verified: boolean;
  name: string;
}

interface Granted {
  account: Account;
  query: URLSearchParams;
}

/** A provider of OpenID Connect on this machine. It knows one person at a time and asks nothing. */
export class IdentityProvider {
  private readonly keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  private readonly granted = new Map<string, Granted>();
  private server: Server | undefined;
  issuer = "";

  constructor(public account: Account) {}

  async start(): Promise<void> {
    const server = createServer(async (request, response) => {
      const answer = await this.answer(request);
      if (typeof answer === "string") response.writeHead(302, { location: answer }).end();
      else {
        response.writeHead(answer ? 200 : 400, { "content-type": "application/json" });
        response.end(JSON.stringify(answer ?? { error: "invalid_grant" }));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  /** An address to go to, JSON, or null for a refusal. */
  private async answer(request: IncomingMessage): Promise<string | object | null> {
    const url = new URL(request.url ?? "/", this.issuer);
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return {
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          jwks_uri: `${this.issuer}/keys`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
          code_challenge_methods_supported: ["S256"],
        };
      case "/keys":
        return { keys: [{ ...this.keys.publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" }] };
      case "/authorize":
        return this.grant(url.searchParams);
      case "/token":
        return this.redeem(new URLSearchParams(await textOf(request)), request.headers.authorization);
      default:
        return null;
    }
  }

  private grant(query: URLSearchParams): string | null {
    const back = query.get("redirect_uri");
    if (!back || query.get("client_id") !== client.id || query.get("code_challenge_method") !== "S256") return null;
    const code = randomBytes(16).toString("hex");
    this.granted.set(code, { account: this.account, query });
    return `${back}?${new URLSearchParams({ code, state: query.get("state") ?? "" })}`;
  }

  private redeem(form: URLSearchParams, authorization = ""): object | null {
    const code = form.get("code") ?? "";
    const granted = this.granted.get(code);
    this.granted.delete(code);
    const basic = Buffer.from(`${client.id}:${encodeURIComponent(client.secret).replaceAll("%20", "+")}`);
    const isClient =
      authorization === `Basic ${basic.toString("base64")}` || form.get("client_secret") === client.secret;
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (!granted || !isClient || granted.query.get("code_challenge") !== challenge) return null;
    if (granted.query.get("redirect_uri") !== form.get("redirect_uri")) return null;
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.issuer,
      aud: client.id,
      iat: now,
      exp: now + 300,
      nonce: granted.query.get("nonce"),
      ...granted.account,
    };
    const signed = `${encoded({ alg: "RS256", kid: "k" })}.${encoded(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), this.keys.privateKey).toString("base64url");
    return { access_token: randomBytes(16).toString("hex"), token_type: "Bearer", id_token: `${signed}.${signature}` };
  }
}

function encoded(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString("base64url");
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}
