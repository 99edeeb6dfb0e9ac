import { Button, Group, JsonInput, Modal, Paper, PasswordInput, Stack, TagsInput } from "@mantine/core";
import { useState } from "react";
import { documents, type StoredDocument } from "../../api/collections";
import { Fact } from "../../components/fact";
import { FailureNotice } from "../../components/failure-notice";
import { useCommon } from "../../i18n/common";
import { bytes, dateTime, number } from "../../i18n/format";
import { useChange } from "./data";
import { StatusBadge } from "./document-table";
import { useDocumentTexts } from "./texts";

interface Props {
  document: StoredDocument;
  mayWrite: boolean;
}

/** What is known of a document, its tags and attributes. */
export function DocumentFacts({ document, mayWrite }: Props) {
  const t = useDocumentTexts();
  const [dialog, setDialog] = useState<"details" | "reread">();
  const close = () => setDialog(undefined);
  const attributes = Object.keys(document.attributes).length > 0;
  return (
    <Paper p="md" radius="lg">
      <Stack gap={6}>
        <Fact name={t("status")}>
          <StatusBadge status={document.status} />
        </Fact>
        <Fact name={t("pages")}>{number(document.page_count)}</Fact>
        <Fact name={t("chunks")}>{number(document.chunk_count)}</Fact>
        <Fact name={t("size")}>{`${bytes(document.size_bytes)}, ${document.content_type}`}</Fact>
        {document.source && <Fact name={t("source")}>{document.source}</Fact>}
        <Fact name={t("updated")}>{dateTime(document.updated_at)}</Fact>
        {document.tags.length > 0 && <Fact name={t("tags")}>{document.tags.join(", ")}</Fact>}
        {attributes && <Fact name={t("attributes")}>{JSON.stringify(document.attributes)}</Fact>}
        {mayWrite && (
          <Group gap="xs" mt="xs">
            <Button variant="default" size="xs" onClick={() => setDialog("details")}>
              {t("details")}
            </Button>
            <Button variant="default" size="xs" onClick={() => setDialog("reread")}>
              {t("reread")}
            </Button>
          </Group>
        )}
      </Stack>
      <Modal opened={dialog === "details"} onClose={close} title={t("details")}>
        <Details document={document} onClose={close} />
      </Modal>
      <Modal opened={dialog === "reread"} onClose={close} title={t("reread")}>
        <Reread document={document} onClose={close} />
      </Modal>
    </Paper>
  );
}

interface FormProps {
  document: StoredDocument;
  onClose: () => void;
}

/** The text as an object, or nothing when it is none. */
function objectOf(text: string): Record<string, never> | undefined {
  try {
    const found: unknown = JSON.parse(text || "{}");
    return found && typeof found === "object" && !Array.isArray(found)
      ? (found as Record<string, never>)
      : undefined;
  } catch {
    return undefined;
  }
}

function Details({ document, onClose }: FormProps) {
  const t = useDocumentTexts();
  const common = useCommon();
  const [tags, setTags] = useState(document.tags);
  const [text, setText] = useState(JSON.stringify(document.attributes, null, 2));
  const attributes = objectOf(text);
  const save = useChange(
    () => documents.update(document.collection_id, document.id, { tags, attributes }),
    onClose,
    { silent: true },
  );
  return (
    <Stack gap="sm">
      <TagsInput label={t("tags")} value={tags} onChange={setTags} />
      <JsonInput
        label={t("attributes")}
        autosize
        minRows={4}
        value={text}
        error={!attributes && t("badJson")}
        onChange={setText}
      />
      {save.error && <FailureNotice error={save.error} />}
      <Group justify="flex-end">
        <Button disabled={!attributes} loading={save.isPending} onClick={() => save.mutate(undefined)}>
          {common("save")}
        </Button>
      </Group>
    </Stack>
  );
}

function Reread({ document, onClose }: FormProps) {
  const t = useDocumentTexts();
  const [password, setPassword] = useState("");
  const read = useChange(
    () => documents.reprocess(document.collection_id, document.id, password || undefined),
    onClose,
    { silent: true },
  );
  return (
    <Stack gap="sm">
      <PasswordInput
        label={t("password")}
        description={t("passwordHint")}
        autoComplete="off"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {read.error && <FailureNotice error={read.error} />}
      <Group justify="flex-end">
        <Button loading={read.isPending} onClick={() => read.mutate(undefined)}>
          {t("reread")}
        </Button>
      </Group>
    </Stack>
  );
}
