import { Button, Group, Paper, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type Collection, collections } from "../../api/collections";
import { FailureNotice } from "../../components/failure-notice";
import { number } from "../../i18n/format";
import { ChunkingFields, defaultChunking } from "./chunking-fields";
import { useDocumentTexts } from "./texts";

/** Shows how settings would cut a text. */
export function ChunkPreview({ collection }: { collection: Collection }) {
  const t = useDocumentTexts();
  const [text, setText] = useState("");
  const [chunking, setChunking] = useState({ ...defaultChunking, ...collection.settings.chunking });
  const preview = useMutation({
    mutationFn: () => collections.preview(collection.id, { text, chunking }),
    meta: { silent: true },
  });
  const { data } = preview;
  return (
    <Stack gap="sm">
      <Textarea
        label={t("previewText")}
        description={t("previewHint")}
        autosize
        minRows={5}
        maxRows={14}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <ChunkingFields value={chunking} onChange={setChunking} />
      <Group>
        <Button disabled={!text.trim()} loading={preview.isPending} onClick={() => preview.mutate()}>
          {t("cut")}
        </Button>
        {data && (
          <Text size="sm" role="status">
            {t("total", { total: number(data.total), tokens: number(data.token_count) })}
          </Text>
        )}
      </Group>
      {preview.error && <FailureNotice error={preview.error} />}
      {data?.data.map((chunk, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: chunks of a preview have no id and keep their order
        <Paper key={at} p="sm" radius="md">
          <Text size="xs" c="dimmed">
            {[...chunk.headings, t("tokens", { count: chunk.token_count })].join(" › ")}
          </Text>
          <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {chunk.text}
          </Text>
        </Paper>
      ))}
    </Stack>
  );
}
