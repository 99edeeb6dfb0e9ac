import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Somebody else's website on this machine, with one page. */
export class Website {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(body: string): Promise<Website> {
    const html = `<!doctype html><html lang="en"><title>Somebody's website</title><main><h1>Welcome</h1></main>${body}</html>`;
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end(html);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Website(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
