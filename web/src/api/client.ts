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

/** The body of a successful answer; anything else is thrown as a {@link Failure}. */
export async function body<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw Failure.from(response, error);
  return data as T;
}
