import { Button, FileButton, Group, Modal, Paper, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconLink, IconTextPlus, IconUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { documents } from "../../api/collections";
import { Failure } from "../../api/failure";
import { FailureNotice } from "../../components/failure-notice";
import { useCommon } from "../../i18n/common";
import { useChange } from "./data";
import { useDocumentTexts } from "./texts";

interface Sending {
  key: string;
  name: string;
  state: "sending" | "sent" | "notSent";
  /** Why it was not sent, or what to know about it. */
  said?: string;
}

/** The ways into a collection: files, an address, a text. */
export function Upload({ collection }: { collection: string }) {
  const t = useDocumentTexts();
  const client = useQueryClient();
  const [files, setFiles] = useState<Sending[]>([]);
  const [isOver, setOver] = useState(false);
  const [dialog, setDialog] = useState<"url" | "text">();
  const send = async (chosen: File[]) => {
    const batch = chosen.map((file) => ({
      file,
      key: crypto.randomUUID?.() ?? `${performance.now()}${file.name}`,
    }));
    const rows = batch.map(({ file, key }): Sending => ({ key, name: file.name, state: "sending" }));
    setFiles((before) => [...before.filter(({ state }) => state !== "sent"), ...rows]);
    const note = (key: string, change: Partial<Sending>) =>
      setFiles((all) => all.map((one) => (one.key === key ? { ...one, ...change } : one)));
    const queue = [...batch];
    const worker = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { file, key } = next;
        try {
          const { duplicates } = await documents.upload(collection, file);
          note(key, {
            state: "sent",
            said: duplicates.length ? t("duplicate", { name: file.name }) : undefined,
          });
        } catch (thrown) {
          note(key, { state: "notSent", said: Failure.of(thrown).message });
        }
        void client.invalidateQueries({ queryKey: ["documents", collection] });
      }
    };
    await Promise.all([worker(), worker(), worker()]);
  };
  return (
    <>
      <Paper
        radius="lg"
        p="md"
        withBorder
        style={{
          borderStyle: "dashed",
          borderColor: isOver ? "var(--mantine-primary-color-filled)" : undefined,
        }}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void send([...event.dataTransfer.files]);
        }}
      >
        <Group justify="space-between" gap="sm">
          <Stack gap={2} flex="1 1 220px">
            <Text fw={550} size="sm">
              {t("drop")}
            </Text>
            <Text size="xs" c="dimmed">
              {t("dropHint")}
            </Text>
          </Stack>
          <Group gap="xs">
            <FileButton
              multiple
              onChange={(chosen) => void send(chosen)}
              inputProps={{ "aria-label": t("choose") }}
            >
              {(props) => (
                <Button {...props} leftSection={<IconUpload size={16} />}>
                  {t("choose")}
                </Button>
              )}
            </FileButton>
            <Button variant="default" leftSection={<IconLink size={16} />} onClick={() => setDialog("url")}>
              {t("fromUrl")}
            </Button>
            <Button
              variant="default"
              leftSection={<IconTextPlus size={16} />}
              onClick={() => setDialog("text")}
            >
              {t("fromText")}
            </Button>
          </Group>
        </Group>
        {files.length > 0 && (
          <Stack gap={2} mt="sm" role="status">
            {files.map(({ key, name, state, said }) => (
              <Text key={key} size="xs" style={{ overflowWrap: "anywhere" }}>
                {name}: {t(state)}
                {said && ` · ${said}`}
              </Text>
            ))}
          </Stack>
        )}
      </Paper>
      <Modal opened={dialog === "url"} onClose={() => setDialog(undefined)} title={t("fromUrl")}>
        <FromUrl collection={collection} onClose={() => setDialog(undefined)} />
      </Modal>
      <Modal opened={dialog === "text"} onClose={() => setDialog(undefined)} title={t("fromText")} size="lg">
        <FromText collection={collection} onClose={() => setDialog(undefined)} />
      </Modal>
    </>
  );
}

interface FormProps {
  collection: string;
  onClose: () => void;
}

function FromUrl({ collection, onClose }: FormProps) {
  const t = useDocumentTexts();
  const common = useCommon();
  const [url, setUrl] = useState("");
  const add = useChange(() => documents.fromUrl(collection, url.trim()), onClose, { silent: true });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(undefined);
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("address")}
          type="url"
          placeholder="https://"
          required
          data-autofocus
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        {add.error && <FailureNotice error={add.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {common("add")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function FromText({ collection, onClose }: FormProps) {
  const t = useDocumentTexts();
  const common = useCommon();
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const add = useChange(() => documents.fromText(collection, name.trim(), text), onClose, { silent: true });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(undefined);
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("name")}
          required
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label={t("text")}
          required
          autosize
          minRows={6}
          maxRows={16}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {add.error && <FailureNotice error={add.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {common("add")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
