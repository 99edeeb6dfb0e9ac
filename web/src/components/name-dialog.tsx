import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useCommon } from "../i18n/common";
import { FailureNotice } from "./failure-notice";

interface Props {
  isOpen: boolean;
  title: string;
  label: string;
  /** Names the deed. */
  submit: string;
  initial?: string;
  error: unknown;
  isBusy: boolean;
  onSubmit: (name: string) => void;
  onClose: () => void;
}

/** Asks for one name. */
export function NameDialog({ isOpen, title, onClose, ...rest }: Props) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Form {...rest} onClose={onClose} />
    </Modal>
  );
}

function Form({
  label,
  submit,
  initial = "",
  error,
  isBusy,
  onSubmit,
  onClose,
}: Omit<Props, "isOpen" | "title">) {
  const common = useCommon();
  const form = useForm({
    initialValues: { name: initial },
    validate: { name: (value) => (value.trim() ? null : common("required")) },
  });
  return (
    <form onSubmit={form.onSubmit(({ name }) => onSubmit(name.trim()))} noValidate>
      <Stack gap="sm">
        <TextInput label={label} maxLength={200} required data-autofocus {...form.getInputProps("name")} />
        {error != null && <FailureNotice error={error} />}
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
  );
}
