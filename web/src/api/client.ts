import createClient from "openapi-fetch";
import type { paths } from "../../types/schema";
import { sessionFetch } from "../session/fetch";
import { Failure } from "./failure";

/** Calls the API with the session of this browser; paths, parameters and bodies are typed. */
export const api = createClient<paths>({ baseUrl: "/", fetch: sessionFetch });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The JSON of a successful answer; anything else is thrown as a {@link Failure}. Reports can come as
 * CSV or PDF too, which the document types as text or bytes: those are never asked for here.
 */
export async function body<T>(call: Promise<Answer<T>>): Promise<Exclude<T, string | number[]>> {
  const { data, error, response } = await call;
  if (!response.ok) throw Failure.from(response, error);
  return data as Exclude<T, string | number[]>;
}
