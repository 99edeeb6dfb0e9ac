import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useCommon } from "../../i18n/common";
import { useProjects } from "./texts";

interface Props {
  isOpen: boolean;
  title: string;
  submit: string;
  hint?: string;
  name?: string;
  /** Absent: there is no description to be asked for. */
  description?: string;
  isBusy: boolean;
  onSubmit: (values: { name: string; description: string }) => void;
  onClose: () => void;
}

/** Asks for a name, and for a description where there is one. */
export function NameDialog(props: Props) {
  const { isOpen, title, submit, hint, isBusy, onSubmit, onClose } = props;
  const t = useProjects();
  const common = useCommon();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [isTried, setTried] = useState(false);
  useEffect(() => {
    if (!isOpen) return;
    setName(props.name ?? "");
    setDescription(props.description ?? "");
    setTried(false);
  }, [isOpen, props.name, props.description]);
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (name.trim()) onSubmit({ name: name.trim(), description });
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={t("field.name")}
            description={hint}
            value={name}
            maxLength={200}
            data-autofocus
            error={isTried && !name.trim() && common("required")}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {props.description !== undefined && (
            <Textarea
              label={t("field.description")}
              value={description}
              autosize
              minRows={2}
              maxRows={6}
              maxLength={10_000}
              onChange={(event) => setDescription(event.currentTarget.value)}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {common("cancel")}
            </Button>
            <Button type="submit" loading={isBusy}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
