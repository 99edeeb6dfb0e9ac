import { useModelTexts } from "./texts";

const modes = [
  "chat",
  "completion",
  "embedding",
  "image",
  "transcription",
  "speech",
  "moderation",
  "rerank",
  "builtin",
  "unknown",
] as const;

const capabilities = [
  "tools",
  "parallel_tools",
  "vision",
  "pdf",
  "audio_in",
  "video_in",
  "audio_out",
  "image_out",
  "reasoning",
  "schema",
  "caching",
  "web_search",
  "responses_only",
] as const;

/** The catalogue's words as people say them; those of a newer server stay as they are. */
export function useModelWords() {
  const t = useModelTexts();
  return {
    mode: (word: string) => {
      const known = modes.find((one) => one === word);
      return known ? t(`mode.${known}`) : word;
    },
    capability: (word: string) => {
      const known = capabilities.find((one) => one === word);
      return known ? t(`capability.${known}`) : word;
    },
  };
}
