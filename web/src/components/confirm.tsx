import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useCommon } from "../i18n/common";

interface Props {
  isOpen: boolean;
  title: string;
  /** What will happen, and whether it can be undone. */
  hint: string;
  /** Names the deed, such as `Revoke key`. */
  confirm: string;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ isOpen, title, hint, confirm, isBusy, onConfirm, onClose }: Props) {
  const t = useCommon();
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Stack gap="md">
        <Text size="sm">{hint}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("cancel")}
          </Button>
          <Button color="red" loading={isBusy} onClick={onConfirm}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
