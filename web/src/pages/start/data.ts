import { useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { useMay } from "../../session/me";

/** Vendors that can be connected by a key alone, by the names that the server knows. */
export const vendors = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  gemini: "Google Gemini",
  mistral: "Mistral",
  groq: "Groq",
  deepseek: "DeepSeek",
  xai: "xAI",
  openrouter: "OpenRouter",
  together: "Together AI",
  fireworks: "Fireworks",
  perplexity: "Perplexity",
  cerebras: "Cerebras",
} as const;

export type Vendor = keyof typeof vendors;

export function useCredentials() {
  const may = useMay();
  return useQuery({
    queryKey: ["credentials"],
    enabled: may("credentials:read"),
    queryFn: async () => {
      const params = { query: { limit: 100 } };
      return (await body(api.GET("/api/v1/credentials", { params }))).data;
    },
  });
}

export function useActiveKeys() {
  const may = useMay();
  return useQuery({
    queryKey: ["keys", "active"],
    enabled: may("keys:read"),
    queryFn: async () => {
      const params = { query: { limit: 100 } };
      const { data } = await body(api.GET("/api/v1/keys", { params }));
      return data.filter((key) => !key.revoked_at);
    },
  });
}

/** What the organization used in the last 30 days; asked again while the first call is awaited. */
export function useTotals() {
  const may = useMay();
  return useQuery({
    queryKey: ["usage", "total"],
    enabled: may("usage:read"),
    refetchInterval: (query) => (query.state.data?.calls === 0 ? 2_500 : false),
    queryFn: async () => (await body(api.GET("/api/v1/usage", {}))).total,
  });
}
