import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import { CodeBlock } from "./code-block";
import { type ChatCall, type SnippetLanguage, snippet, snippetLanguages } from "./snippet";

interface Props {
  call: ChatCall;
  /** The key to put in; a placeholder where there is none at hand. */
  apiKey?: string;
}

/** A call in each language, to be copied. */
export function Snippets({ call, apiKey = "nab-…" }: Props) {
  const [language, setLanguage] = useState<SnippetLanguage>("curl");
  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        aria-label="curl, Python, Node.js"
        style={{ alignSelf: "flex-start" }}
        value={language}
        onChange={(value) => setLanguage(value as SnippetLanguage)}
        data={Object.entries(snippetLanguages).map(([value, label]) => ({ value, label }))}
      />
      <CodeBlock code={snippet(language, call, location.origin, apiKey)} label={snippetLanguages[language]} />
    </Stack>
  );
}
