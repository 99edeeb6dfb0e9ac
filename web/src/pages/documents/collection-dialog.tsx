import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Collection, collections } from "../../api/collections";
import { FailureNotice } from "../../components/failure-notice";
import { useCommon } from "../../i18n/common";
import { ChunkingFields, defaultChunking } from "./chunking-fields";
import { useChange, useEmbeddingModels } from "./data";
import { useDocumentTexts } from "./texts";

interface Props {
  isOpen: boolean;
  /** Absent: a new one is made. */
  collection?: Collection;
  onClose: () => void;
  onDone: (id: string) => void;
}

/** The settings of a new or existing collection. */
export function CollectionDialog({ isOpen, ...rest }: Props) {
  const t = useDocumentTexts();
  return (
    <Modal opened={isOpen} onClose={rest.onClose} title={rest.collection ? t("edit") : t("create")} size="lg">
      <Form {...rest} />
    </Modal>
  );
}

/** What the model of the server's configuration is called among the choices. */
const byServer = "default";

function Form({ collection, onClose, onDone }: Omit<Props, "isOpen">) {
  const t = useDocumentTexts();
  const common = useCommon();
  const models = useEmbeddingModels();
  const before = collection?.settings.embedding?.model ?? byServer;
  const [name, setName] = useState(collection?.name ?? "");
  const [description, setDescription] = useState(collection?.description ?? "");
  const [model, setModel] = useState(before);
  const [chunking, setChunking] = useState({ ...defaultChunking, ...collection?.settings.chunking });
  const [isTried, setTried] = useState(false);
  const save = useChange(
    () => {
      const embedding = model === before ? undefined : model === byServer ? null : { model };
      const content = { name: name.trim(), description, settings: { chunking, embedding } };
      return collection ? collections.update(collection.id, content) : collections.create(content);
    },
    ({ id }) => onDone(id),
    { silent: true },
  );
  const known = [...new Set([...models, ...(before === byServer || before === "none" ? [] : [before])])];
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (name.trim()) save.mutate(undefined);
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("name")}
          value={name}
          maxLength={200}
          required
          data-autofocus
          error={isTried && !name.trim() && common("required")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label={t("about")}
          value={description}
          autosize
          maxRows={5}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <Select
          label={t("embedding")}
          description={t("embeddingHint")}
          allowDeselect={false}
          data={[
            { value: byServer, label: t("embeddingDefault") },
            { value: "none", label: t("textOnly") },
            ...known.map((id) => ({ value: id, label: id })),
          ]}
          value={model}
          onChange={(next) => next && setModel(next)}
        />
        <ChunkingFields value={chunking} onChange={setChunking} />
        {save.error && <FailureNotice error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {collection ? common("save") : common("create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
